import { extname, join } from 'node:path';
import { currentMetadata } from '../../core/versions/amendments.ts';
import { checkArtifactPaths, hexOf } from '../../core/versions/artifact.ts';
import { fillFileName } from '../../core/text/file-name-template.ts';
import { formatReference, type Reference } from '../../core/versions/reference.ts';
import type { ArtifactFile, VersionRecord } from '../../core/versions/version-record.ts';
import { checkListing } from '../check-bytes.ts';
import { copyOut } from './copy-out.ts';
import { namedShortly, otherFiles } from '../../files/other-files.ts';
import { replaceFolder, type ReplaceInput } from '../../files/replace-folder.ts';
import { refuseOwnFolder, type OnProgress, type Registry } from '../registry.ts';
import { resolve } from '../resolve.ts';

export interface PullInput {
  ref: Reference;
  /** Folder for the files; absent: one named after the version, in the working folder. */
  directory?: string;
  /**
   * The name that a single file gets there, or the folder of several: see `fillFileName`. Without
   * `directory`, in the working folder.
   */
  as?: string | undefined;
  /** Replace files that have other content. */
  force?: boolean;
  /** Replace the folder, so that it contains only this version: see `replaceFolder`. */
  clean?: boolean;
  onProgress?: OnProgress;
}

export interface PullResult {
  ref: string;
  record: VersionRecord;
  directory: string;
  /** The files of the artifact, with the paths of their copies. */
  files: (ArtifactFile & { location: string })[];
  /** Whether any file was written; files that already had the right bytes are left alone. */
  changed: boolean;
  /**
   * If the version is yanked, why; with `force`, which files in the folder are not part of the
   * version.
   */
  warnings: string[];
}

/**
 * Writes a verified copy of the artifact: every byte is hashed on the way, and files get their
 * names only after all of them were verified. CONFLICT, with nothing written, if another file is in
 * the way.
 */
export async function pull(
  registry: Registry,
  { ref, directory, as: template, force, clean, onProgress }: PullInput,
): Promise<PullResult> {
  const record = await resolve(registry, ref);
  checkListing(record);
  const { target, files } =
    template === undefined
      ? { target: directory ?? `${lastPart(record)}-${record.version}`, files: record.artifact.files }
      : await named(registry, record, { ref, template, directory: directory ?? '.' });
  const pulled = formatReference(record.name, record.version);
  const warnings = record.yanked === null ? [] : [`${pulled} is yanked: ${record.yanked.reason}`];
  const options = { executable: executableNames(record, files), ...(onProgress ? { onProgress } : {}) };
  let changed: boolean;
  if (clean === true) {
    const artifact = { digest: record.artifact.digest, files };
    const result = await finish(
      cleanPull(registry, { ref: pulled, artifact, directory: target, ...options }),
    );
    ({ changed } = result);
    warnings.push(...result.warnings);
  } else {
    changed = (await copyOut(registry, { files }, target, { force: force === true, ...options })) > 0;
    // With a template, files are put beside others on purpose.
    if (force === true && template === undefined) warnings.push(...(await nameOthers(pulled, target, files)));
  }
  return {
    ref: pulled,
    record,
    directory: target,
    files: record.artifact.files.map((file, index) => ({
      ...file,
      location: join(target, files[index]?.path ?? file.path),
    })),
    changed,
    warnings,
  };
}

/** `pull --clean`, one step at a time: see `replaceFolder`. */
export async function* cleanPull(
  registry: Registry,
  input: Omit<ReplaceInput, 'write' | 'signal'> & Pick<PullInput, 'onProgress'>,
): ReturnType<typeof replaceFolder> {
  const { artifact, directory, executable, onProgress } = input;
  await refuseOwnFolder(registry, directory, ['.']);
  const options = { force: false, executable, ...(onProgress ? { onProgress } : {}) };
  const write = (folder: string) => copyOut(registry, artifact, folder, options);
  return yield* replaceFolder({ ...input, write, signal: registry.signal });
}

/** The executable files, under their names in the folder. */
function executableNames(
  { artifact, executable }: VersionRecord,
  files: readonly ArtifactFile[],
): Set<string> {
  const runnable = new Set(executable);
  return new Set(
    files.filter((_, index) => runnable.has(artifact.files[index]?.path ?? '')).map(({ path }) => path),
  );
}

async function finish<Result>(steps: AsyncGenerator<unknown, Result, undefined>): Promise<Result> {
  for (;;) {
    const { done, value } = await steps.next();
    if (done === true) return value;
  }
}

async function nameOthers(ref: string, folder: string, files: readonly ArtifactFile[]): Promise<string[]> {
  const known = new Map(files.map(({ path }) => [path, {}]));
  const others = await otherFiles(folder, known).catch(() => []);
  return others.length === 0
    ? []
    : [
        `${folder} has files that are not part of ${ref}: ${namedShortly(others)}; pull with --clean for an exact copy`,
      ];
}

function lastPart({ name }: VersionRecord): string {
  return name.split('/').at(-1) ?? name;
}

/** The target of the files if a template names them. */
async function named(
  registry: Registry,
  record: VersionRecord,
  { ref, template, directory }: { ref: Reference; template: string; directory: string },
): Promise<{ target: string; files: ArtifactFile[] }> {
  const { files, digest } = record.artifact;
  const pointers = await registry.metadata.pointers(record.name);
  const held = pointers.filter(({ version }) => version === record.version).map(({ stage }) => stage);
  const asked = ref.selector?.kind === 'stage' && ref.selector.back === 0 ? ref.selector.stage : held.at(-1);
  const [only, ...others] = files;
  const name = fillFileName(template, {
    name: lastPart(record),
    version: record.version,
    stage: asked ?? null,
    digest: hexOf(digest).slice(0, 12),
    ext: only === undefined || others.length > 0 ? '' : extname(only.path),
    metrics: currentMetadata(record).metrics ?? {},
  });
  checkArtifactPaths([name]);
  return only === undefined || others.length > 0
    ? { target: join(directory, name), files }
    : { target: directory, files: [{ ...only, path: name }] };
}
