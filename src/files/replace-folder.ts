import { lstat, realpath, rm } from 'node:fs/promises';
import { dirname, isAbsolute, join, relative } from 'node:path';
import { MlregError, isMlregError } from '../core/errors.ts';
import { quote } from '../core/text/quote.ts';
import type { Artifact } from '../core/versions/version-record.ts';
import { sweepDrafts } from './draft-file.ts';
import { syncFolder } from './fsync.ts';
import { makeFolder } from './make-folder.ts';
import { namedShortly, otherFiles } from './other-files.ts';
import { pullMarkerName, readPullMarker, writePullMarker } from './pull-marker.ts';
import { asTargetError } from './path-errors.ts';
import { type RemoveAside, planSwap, removeMarked, settleSwaps, swapIn } from './swap-folder.ts';
import { isExecutable } from './write-files.ts';

export interface ReplaceInput {
  /** The version, and its files under their names in the folder. */
  ref: string;
  artifact: Pick<Artifact, 'digest' | 'files'>;
  directory: string;
  /** Writes the files into a folder that does not exist yet. */
  write: (folder: string) => Promise<unknown>;
  /** Paths of files that get the executable bit. */
  executable?: ReadonlySet<string> | undefined;
  signal?: AbortSignal | undefined;
  /** Identifies this process in names beside the folder; absent: its own mark. */
  mark?: string;
}

/**
 * Makes a folder hold exactly these files: builds a new folder beside it, then swaps the two. The
 * old folder must be empty, or contain only unchanged files that its marker lists as written by
 * mlreg: otherwise INVALID_INPUT names the other files. First finishes or undoes what a killed
 * process began. Yields each step when it is done.
 */
export async function* replaceFolder({
  ref,
  artifact,
  directory,
  write,
  executable,
  signal,
  mark,
}: ReplaceInput): AsyncGenerator<string, { changed: boolean; warnings: string[] }, undefined> {
  const target = await realpath(directory).catch(() => directory);
  refuseWorkingFolder(target);
  if (artifact.files.some(({ path }) => path === pullMarkerName))
    throw new MlregError(
      'INVALID_INPUT',
      `${ref} has a file ${quote(pullMarkerName)}, a name that --clean reserves`,
      {
        hint: 'pull it without --clean, into an empty folder',
      },
    );
  const swap = planSwap(target, mark);
  const warnings: string[] = [];
  try {
    await makeFolder(dirname(target));
    warnings.push(...(await settleSwaps(target, removePulled)));
    yield 'nothing is left of killed processes';
    if (await holdsExactly(target, { ref, artifact, executable, signal }))
      return { changed: false, warnings };
    await write(swap.fresh);
    yield 'the files are there';
    await writePullMarker(swap.fresh, { ref, digest: artifact.digest, files: artifact.files });
    for (const folder of foldersOf(artifact)) await syncFolder(join(swap.fresh, folder));
    yield 'the new folder is whole';
    const steps = swapIn(swap, removePulled);
    for (;;) {
      const { done, value } = await steps.next();
      if (done === true) return { changed: true, warnings: [...warnings, ...value] };
      yield value;
    }
  } catch (error) {
    await rm(swap.fresh, { recursive: true, force: true }).catch(() => undefined);
    if (isMlregError(error)) throw error;
    throw asTargetError(error, directory, 'choose another folder with -o DIR: one that is not a mount point');
  }
}

/** Whether there is nothing to do. INVALID_INPUT if the folder may not be replaced. */
async function holdsExactly(
  target: string,
  { ref, artifact, executable, signal }: Pick<ReplaceInput, 'ref' | 'artifact' | 'executable' | 'signal'>,
): Promise<boolean> {
  const stats = await lstat(target).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (stats === undefined) return false;
  if (!stats.isDirectory())
    throw new MlregError('CONFLICT', `${quote(target)} is not a folder; nothing was written`, {
      hint: 'choose another folder with -o DIR',
    });
  const marker = await readPullMarker(target);
  const known = new Map((marker?.files ?? []).map((file) => [file.path, file]));
  for (const folder of foldersOf({ files: [...known.values()] })) await sweepDrafts(join(target, folder));
  const others = await otherFiles(target, known, signal);
  if (others.length > 0) throw foreign(target, others, marker === undefined);
  if (marker?.ref !== ref || marker.digest !== artifact.digest || known.size !== artifact.files.length)
    return false;
  for (const { path, digest } of artifact.files) {
    if (known.get(path)?.digest !== digest) return false;
    const location = join(target, path);
    const isRunnable = await isExecutable(location).catch(() => undefined);
    if (isRunnable !== (executable?.has(path) === true)) return false;
  }
  return true;
}

function foreign(target: string, others: string[], isUnmarked: boolean): MlregError {
  const why = isUnmarked
    ? 'files that pull --clean did not write'
    : 'files that pull --clean did not write, or that were changed since';
  return new MlregError(
    'INVALID_INPUT',
    `${quote(target)} has ${why}: ${namedShortly(others)}; nothing was changed`,
    {
      hint: 'move them away, or choose another folder with -o DIR',
      details: { files: others },
    },
  );
}

/** After the swap, the user's shell would be in the old folder. */
function refuseWorkingFolder(target: string): void {
  const way = relative(target, process.cwd());
  if (way.startsWith('..') || isAbsolute(way)) return;
  throw new MlregError(
    'USAGE',
    `--clean cannot replace ${quote(target)}: it is or contains the working folder`,
    {
      hint: 'cd to another folder, or choose another one with -o DIR',
    },
  );
}

function foldersOf({ files }: Pick<Artifact, 'files'> | { files: readonly { path: string }[] }): string[] {
  const folders = new Set(['']);
  for (const { path } of files)
    for (let at = path.lastIndexOf('/'); at > 0; at = path.lastIndexOf('/', at - 1))
      folders.add(path.slice(0, at));
  return [...folders].toSorted().toReversed();
}

/**
 * The content was compared before the folder was moved aside; files added since have another name
 * or size.
 */
const removePulled: RemoveAside = async (aside) => {
  if ((await lstat(aside).catch(() => undefined)) === undefined) return undefined;
  const marker = await readPullMarker(aside);
  const known = new Map((marker?.files ?? []).map(({ path, size }) => [path, { size }]));
  const others = await otherFiles(aside, known);
  if (others.length > 0)
    return `the replaced folder contained other files (${namedShortly(others)}) and was kept as ${quote(aside)}`;
  for await (const _ of removeMarked(aside, pullMarkerName));
  return undefined;
};
