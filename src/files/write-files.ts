import { createHash } from 'node:crypto';
import { constants, existsSync } from 'node:fs';
import { chmod, lstat, open, rename, rm, rmdir } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { MlregError } from '../core/errors.ts';
import { quote } from '../core/text/quote.ts';
import { digestOf } from '../core/versions/artifact.ts';
import type { ArtifactFile } from '../core/versions/version-record.ts';
import { draftIn, sweepDrafts } from './draft-file.ts';
import { makeFolder } from './make-folder.ts';
import { readSource } from './read-source.ts';
import { asTargetError } from './path-errors.ts';

const otherFolder = 'choose another folder with -o DIR';

export interface WriteOptions {
  /**
   * The bytes of a file. If it rejects, nothing is written, and `writeFiles` rejects with the same
   * error.
   */
  read: (file: ArtifactFile) => AsyncIterable<Uint8Array>;
  /** Replace files that have other content. */
  force: boolean;
  /** Paths of files that get the executable bit; other existing files keep theirs. */
  executable?: ReadonlySet<string> | undefined;
  signal?: AbortSignal | undefined;
  /** Called with the number of bytes written so far and the total. */
  onBytes?: ((done: number, total: number) => void) | undefined;
}

/**
 * Writes the files that the folder lacks, each through a draft, and renames the drafts once all of
 * them are durable. Returns how many files were changed. `paths` must be safe to join. Also removes
 * what killed processes left in the folders of these files. CONFLICT if something else is in the
 * way, STORAGE if the folder cannot be written; in both cases nothing is written.
 */
export async function writeFiles(
  directory: string,
  files: readonly ArtifactFile[],
  { read, force, executable, signal, onBytes }: WriteOptions,
): Promise<number> {
  await sweepFolders(
    directory,
    files.map(({ path }) => path),
  );
  const missing: ArtifactFile[] = [];
  const notExecutable: string[] = [];
  for (const file of files) {
    const path = join(directory, file.path);
    if (await isMissing(path, file, force, signal)) missing.push(file);
    else if (executable?.has(file.path) === true && !(await isExecutable(path))) notExecutable.push(path);
  }
  const total = missing.reduce((sum, file) => sum + file.size, 0);
  const ready: { from: string; to: string }[] = [];
  const made: string[] = [];
  let done = 0;
  try {
    for (const file of missing) {
      const to = join(directory, file.path);
      const from = draftIn(dirname(to));
      const mode = executable?.has(file.path) === true ? 0o777 : 0o666;
      made.push(...missingFolders(dirname(resolve(to))));
      await makeFolder(dirname(resolve(to)));
      ready.push({ from, to });
      await writeOut(read(file), { path: from, mode, signal }, (count) => onBytes?.((done += count), total));
    }
    for (const { from, to } of ready) await rename(from, to);
    for (const path of notExecutable) await chmod(path, (await lstat(path)).mode | executableBits(0o111));
  } catch (error) {
    await Promise.all(ready.map(({ from }) => rm(from, { force: true })));
    for (const folder of made.toReversed()) await rmdir(folder).catch(() => undefined);
    throw asTargetError(error, directory, otherFolder);
  }
  return missing.length + notExecutable.length;
}

/** The bits that the umask allows, as for a new file. */
function executableBits(bits: number): number {
  return bits & ~process.umask();
}

export async function isExecutable(path: string): Promise<boolean> {
  return ((await lstat(path)).mode & 0o100) !== 0;
}

async function sweepFolders(directory: string, paths: readonly string[]): Promise<void> {
  const own = new Set(paths.map((path) => basename(path)));
  for (const folder of new Set(paths.map((path) => dirname(path))))
    await sweepDrafts(join(directory, folder), own);
}

/** The folders that are missing for this one, top first. */
function missingFolders(path: string): string[] {
  return existsSync(path) || dirname(path) === path ? [] : [...missingFolders(dirname(path)), path];
}

async function isMissing(
  path: string,
  file: ArtifactFile,
  force: boolean,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const stats = await lstat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    if (error.code === 'ENOTDIR') return null;
    throw asTargetError(error, path, otherFolder);
  });
  if (stats === undefined) return true;
  if (stats === null) {
    throw new MlregError(
      'CONFLICT',
      `cannot write ${quote(path)}: a parent folder is a file; nothing was written`,
      { hint: 'choose another folder with -o DIR' },
    );
  }
  if (stats.isFile() && stats.size === file.size) {
    const hash = createHash('sha256');
    const source = { location: path, size: stats.size };
    for await (const chunk of readSource(source, signal, 'pull')) hash.update(chunk);
    if (digestOf(hash.digest('hex')) === file.digest) return false;
  }
  if (force && stats.isFile()) return true;
  throw new MlregError(
    'CONFLICT',
    `${quote(path)} already exists with different content; nothing was written`,
    {
      hint: stats.isFile()
        ? 'use --force to replace it, or choose another folder with -o DIR'
        : 'choose another folder with -o DIR',
    },
  );
}

async function writeOut(
  content: AsyncIterable<Uint8Array>,
  { path, mode, signal }: { path: string; mode: number; signal: AbortSignal | undefined },
  onBytes: (count: number) => void,
): Promise<void> {
  const handle = await open(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, mode & 0o755);
  try {
    for await (const chunk of content) {
      signal?.throwIfAborted();
      await handle.writeFile(chunk);
      onBytes(chunk.length);
    }
    await handle.sync();
  } finally {
    await handle.close();
  }
}
