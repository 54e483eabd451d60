import { createHash, randomUUID } from 'node:crypto';
import { constants, existsSync } from 'node:fs';
import { lstat, open, rename, rm, rmdir } from 'node:fs/promises';
import { dirname, extname, join, resolve as absolute } from 'node:path';
import { currentMetadata } from '../core/amendment.ts';
import { checkArtifactPaths } from '../core/artifact-path.ts';
import { digestOf, hexOf } from '../core/digest.ts';
import { MlregError } from '../core/errors.ts';
import { fillFileName } from '../core/file-name-template.ts';
import { quote } from '../core/quote.ts';
import { formatReference, type Reference } from '../core/reference.ts';
import type { Artifact, ArtifactFile, VersionRecord } from '../core/version-record.ts';
import { checkListing } from './check-bytes.ts';
import { refuseOwnFolder } from './keep-apart.ts';
import { makeFolder } from '../storage/make-folder.ts';
import { readSource } from './read-source.ts';
import type { OnProgress, Registry } from './registry.ts';
import { resolve } from './resolve.ts';
import { asTargetError } from './target-error.ts';

const otherFolder = 'choose another folder with -o DIR';

export interface PullInput {
  ref: Reference;
  /** Folder to put the files into; absent: one named for the version, in the working folder. */
  directory?: string;
  /** What a single file is called in there, or the folder of several: see `fillFileName`. Without `directory`, in the working folder. */
  as?: string | undefined;
  /** Replace files there that have other content. */
  force?: boolean;
  onProgress?: OnProgress;
}

export interface PullResult {
  ref: string;
  record: VersionRecord;
  directory: string;
  /** Those of the artifact, with where their copies are. */
  files: (ArtifactFile & { location: string })[];
  /** Whether any file was written; those that were there with the right bytes are left alone. */
  changed: boolean;
  /** Where the version was yanked: why. */
  warnings: string[];
}

/**
 * A verified copy of the artifact: every byte is hashed on the way, and files appear under their names only when all of
 * them proved right. CONFLICT, with nothing written, where another file is in the way.
 */
export async function pull(
  registry: Registry,
  { ref, directory, as: template, force, onProgress }: PullInput,
): Promise<PullResult> {
  const record = await resolve(registry, ref);
  checkListing(record);
  const { target, files } =
    template === undefined
      ? { target: directory ?? `${lastPart(record)}-${record.version}`, files: record.artifact.files }
      : await named(registry, record, { ref, template, directory: directory ?? '.' });
  const written = await copyOut(registry, { ...record.artifact, files }, target, {
    force: force === true,
    ...(onProgress ? { onProgress } : {}),
  });
  const pulled = formatReference(record.name, record.version);
  return {
    ref: pulled,
    record,
    directory: target,
    files: record.artifact.files.map((file, index) => ({
      ...file,
      location: join(target, files[index]?.path ?? file.path),
    })),
    changed: written > 0,
    warnings: record.yanked === null ? [] : [`${pulled} was yanked: ${record.yanked.reason}`],
  };
}

function lastPart({ name }: VersionRecord): string {
  return name.split('/').at(-1) ?? name;
}

/** Where the files go when a template names them. */
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

/** Writes the files of an artifact that `directory` lacks; returns how many. Its listing must be checked before. */
export async function copyOut(
  registry: Registry,
  { files }: Artifact,
  directory: string,
  { force, onProgress }: { force: boolean; onProgress?: OnProgress },
): Promise<number> {
  const paths = files.map((file) => file.path);
  checkArtifactPaths(paths);
  await refuseOwnFolder(registry, directory, paths);
  const missing: ArtifactFile[] = [];
  for (const file of files)
    if (await isMissing(registry, join(directory, file.path), file, force)) missing.push(file);
  const total = missing.reduce((sum, file) => sum + file.size, 0);
  const ready: { from: string; to: string }[] = [];
  const made: string[] = [];
  let done = 0;
  try {
    for (const file of missing) {
      const to = join(directory, file.path);
      const from = join(dirname(to), `.mlreg-${randomUUID()}.tmp`);
      made.push(...missingFolders(dirname(absolute(to))));
      await makeFolder(dirname(absolute(to)));
      ready.push({ from, to });
      await writeOut(registry, file, from, (count) =>
        onProgress?.({ done: (done += count), total, what: 'copying' }),
      );
    }
    for (const { from, to } of ready) await rename(from, to);
  } catch (error) {
    await Promise.all(ready.map(({ from }) => rm(from, { force: true })));
    for (const folder of made.toReversed()) await rmdir(folder).catch(() => undefined);
    throw asTargetError(error, directory, otherFolder);
  }
  return missing.length;
}

/** The folders that would have to be made for this one, the highest first. */
function missingFolders(path: string): string[] {
  return existsSync(path) || dirname(path) === path ? [] : [...missingFolders(dirname(path)), path];
}

async function isMissing(
  registry: Registry,
  path: string,
  file: ArtifactFile,
  force: boolean,
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
      `${quote(path)} cannot be written: a file stands where a folder is needed; nothing was written`,
      { hint: 'choose another folder with -o DIR' },
    );
  }
  if (stats.isFile() && stats.size === file.size) {
    const hash = createHash('sha256');
    const source = { location: path, size: stats.size };
    for await (const chunk of readSource(source, registry.signal)) hash.update(chunk);
    if (digestOf(hash.digest('hex')) === file.digest) return false;
  }
  if (force && stats.isFile()) return true;
  throw new MlregError(
    'CONFLICT',
    `${quote(path)} is there already and is not the file of this version; nothing was written`,
    {
      hint: stats.isFile()
        ? 'replace it with --force, or choose another folder with -o DIR'
        : 'choose another folder with -o DIR',
    },
  );
}

async function writeOut(
  registry: Registry,
  file: ArtifactFile,
  path: string,
  onBytes: (count: number) => void,
): Promise<void> {
  const handle = await open(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o644);
  try {
    for await (const chunk of registry.blobs.read(file.digest)) {
      registry.signal?.throwIfAborted();
      await handle.writeFile(chunk);
      onBytes(chunk.length);
    }
    await handle.sync();
  } finally {
    await handle.close();
  }
}
