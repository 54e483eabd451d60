import { existsSync } from 'node:fs';
import { lstat, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { MlregError } from '../../core/errors.ts';
import { versionActions, type RegistryEvent } from '../../core/events/event.ts';
import { quote } from '../../core/text/quote.ts';
import { type ModelName, type Reference, formatReference } from '../../core/versions/reference.ts';
import { indexPath, markerPath } from '../../core/versions/oci-layout.ts';
import type { VersionRecord } from '../../core/versions/version-record.ts';
import { type Version, sortKey } from '../../core/versions/version.ts';
import { draftIn, nameDraft, sweepDrafts } from '../../files/draft-file.ts';
import { syncFolder } from '../../files/fsync.ts';
import { asTargetError } from '../../files/path-errors.ts';
import {
  type RemoveAside,
  type Swap,
  planSwap,
  removeMarked,
  settleSwaps,
  swapIn,
} from '../../files/swap-folder.ts';
import { checkListing } from '../check-bytes.ts';
import { type OnProgress, type Registry, refuseOwnFolder } from '../registry.ts';
import { requireModel, resolve } from '../resolve.ts';
import { type ExportedVersion, planLayout } from './layout/plan-layout.ts';
import { writeFolder } from './layout/write-folder.ts';
import { tarBytes, writeTar } from './layout/write-tar.ts';

export interface StreamInput {
  /** With `all`, each is just the name of a model. */
  refs: readonly Reference[];
  /** Every version of the models, including yanked ones. */
  all?: boolean;
  onProgress?: OnProgress;
}

export interface ExportInput extends StreamInput {
  /** A file that ends in .tar, or else a folder; absolute. */
  output: string;
  /** Replace an existing export. */
  force?: boolean;
}

export interface ExportResult {
  output: string;
  form: 'tar' | 'folder';
  /**
   * The digest of index.json, and so of everything in the export: the same versions and events give
   * the same digest.
   */
  index: string;
  /** Bytes and files of the layout. */
  size: number;
  files: number;
  versions: { ref: string; name: ModelName; version: Version; digest: string; yanked: boolean }[];
  warnings: string[];
}

/**
 * Writes versions as an OCI image layout and verifies every byte on the way. The export gets its
 * name when all of it is durable; if it rejects, nothing is left behind. CONFLICT if something is
 * already there.
 */
export async function exportVersions(registry: Registry, input: ExportInput): Promise<ExportResult> {
  const { output, force, onProgress } = input;
  const form = formOf(output);
  await refuseOwnFolder(registry, dirname(output), [basename(output)]);
  const warnings = form === 'folder' ? await settleSwaps(output, removeLayout) : [];
  const before = await lookAtTarget(output, form, force === true);
  await sweepDrafts(dirname(output));
  const versions = await chooseVersions(registry, input);
  const { entries, size, ...facts } = await plan(registry, versions);
  const swap = planSwap(output);
  const place = before === 'folder' ? swap.fresh : draftIn(dirname(output));
  const count = counter(registry, size, onProgress);
  try {
    await (form === 'tar' ? writeTar : writeFolder)(place, entries, count);
    warnings.push(...(await putInPlace(place, output, before, swap)));
  } catch (error) {
    await rm(place, { recursive: true, force: true });
    throw targetError(error, output);
  }
  return { output, form, size, ...facts, warnings };
}

/**
 * Passes the tar archive that `exportVersions` would write to `write`, chunk by chunk, until
 * `write` returns false. If it rejects, the archive has no end marker, so no reader takes it for
 * complete.
 */
export async function streamVersions(
  registry: Registry,
  { onProgress, ...input }: StreamInput,
  write: (bytes: Uint8Array) => Promise<boolean>,
): Promise<void> {
  const { entries, size } = await plan(registry, await chooseVersions(registry, input));
  for await (const chunk of tarBytes(entries, counter(registry, size, onProgress)))
    if (!(await write(chunk))) return;
}

async function plan(registry: Registry, versions: readonly ExportedVersion[]) {
  const { id } = await registry.metadata.registry();
  const { entries, index } = planLayout(versions, { registry: id, blobs: registry.blobs });
  return {
    entries,
    index,
    size: entries.reduce((sum, entry) => sum + entry.size, 0),
    files: entries.length,
    versions: versions.map(({ record: { name, version, artifact, yanked } }) => ({
      ref: formatReference(name, version),
      name,
      version,
      digest: artifact.digest,
      yanked: yanked !== null,
    })),
  };
}

function counter({ signal }: Registry, total: number, onProgress: OnProgress | undefined) {
  let done = 0;
  return (bytes: number): void => {
    signal?.throwIfAborted();
    onProgress?.({ done: (done += bytes), total, what: 'exporting' });
  };
}

function formOf(output: string): 'tar' | 'folder' {
  if (/\.tar$/i.test(output)) return 'tar';
  if (!/\.(?:tgz|zip|(?:tar\.)?(?:gz|bz2|xz|zst))$/i.test(output)) return 'folder';
  throw new MlregError(
    'INVALID_INPUT',
    `${quote(basename(output))} asks for compression, which mlreg does not support`,
    {
      hint: 'use a file name that ends in .tar, or a folder (weights hardly compress)',
    },
  );
}

/** Each version once, by model name and version number. */
async function chooseVersions(registry: Registry, { refs, all }: StreamInput): Promise<ExportedVersion[]> {
  const chosen = new Map<string, VersionRecord>();
  for (const ref of refs) {
    const records = all === true ? await everyVersion(registry, ref) : [await resolve(registry, ref)];
    for (const record of records) chosen.set(formatReference(record.name, record.version), record);
  }
  const key = ({ name, version }: VersionRecord): string => `${name} ${sortKey(version)}`;
  const sorted = [...chosen.values()].toSorted((a, b) => (key(a) < key(b) ? -1 : 1));
  const exported: ExportedVersion[] = [];
  for (const record of sorted) {
    checkListing(record);
    exported.push({ record, history: await historyOf(registry, record) });
  }
  return exported;
}

async function everyVersion(registry: Registry, { name, selector }: Reference): Promise<VersionRecord[]> {
  if (selector !== undefined) {
    throw new MlregError('USAGE', `--all exports every version of a model: remove the selector of ${name}`, {
      hint: `mlreg export ${name} --all -o FILE.tar`,
    });
  }
  await requireModel(registry, name);
  const records: VersionRecord[] = [];
  for (let below: string | undefined; ;) {
    const from = below === undefined ? {} : { below };
    const { rows, next } = await registry.metadata.versions({ name, ...from, limit: 500, yanked: true });
    records.push(...rows);
    if (next !== undefined) below = next;
    else if (records.length > 0) return records;
    else {
      throw new MlregError('NOT_FOUND', `all versions of ${name} are deleted`, {
        hint: `mlreg history ${name}`,
      });
    }
  }
}

/** Oldest first. */
async function historyOf(registry: Registry, { name, version }: VersionRecord): Promise<RegistryEvent[]> {
  const newestFirst: RegistryEvent[] = [];
  for (;;) {
    const before = newestFirst.at(-1)?.seq;
    const from = before === undefined ? {} : { before };
    const events = await registry.metadata.events({
      model: name,
      version,
      actions: versionActions,
      ...from,
      limit: 500,
    });
    newestFirst.push(...events);
    if (events.length < 500) return newestFirst.toReversed();
  }
}

/**
 * What the export would replace: nothing, a file, or a folder that holds an export. CONFLICT for
 * anything else, or without `force`.
 */
async function lookAtTarget(
  output: string,
  form: ExportResult['form'],
  force: boolean,
): Promise<'nothing' | 'file' | 'folder'> {
  const stats = await lstat(output).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw targetError(error, output);
  });
  if (stats === undefined) return 'nothing';
  // An empty folder, for example from mktemp -d, has nothing that could be lost.
  if (form === 'folder' && stats.isDirectory() && (await readdir(output)).length === 0) return 'nothing';
  const layout = stats.isDirectory() && (await isLayout(output));
  const replaceable = form === 'tar' ? stats.isFile() : layout;
  if (force && replaceable) return form === 'tar' ? 'file' : 'folder';
  throw inTheWay(output, replaceable);
}

function inTheWay(output: string, replaceable: boolean): MlregError {
  return new MlregError('CONFLICT', `${quote(output)} already exists; nothing was written`, {
    hint: replaceable
      ? 'use --force to replace it, or choose another path with -o'
      : 'choose another path with -o',
  });
}

async function putInPlace(
  place: string,
  output: string,
  before: 'nothing' | 'file' | 'folder',
  swap: Swap,
): Promise<string[]> {
  if (before === 'folder') {
    const steps = swapIn(swap, removeLayout);
    for (;;) {
      const { done, value } = await steps.next();
      if (done === true) return value;
    }
  }
  const isFile = (await lstat(place)).isFile();
  if (before === 'nothing' && isFile) await nameDraft(place, output);
  else await rename(place, output);
  await syncFolder(dirname(output));
  return [];
}

/** Whether a folder holds an image layout and nothing else. */
async function isLayout(folder: string): Promise<boolean> {
  const names = await readdir(folder);
  return names.includes(markerPath) && names.every((name) => [markerPath, indexPath, 'blobs'].includes(name));
}

const removeLayout: RemoveAside = async (aside) => {
  if (!(await isLayout(aside).catch(() => true)))
    return `the replaced folder contained other files and was kept as ${quote(aside)}`;
  for await (const _ of removeMarked(aside, markerPath));
  return undefined;
};

function targetError(error: unknown, output: string): unknown {
  const code: unknown = error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
  if (code === 'EEXIST') return inTheWay(output, true);
  if ((code === 'ENOENT' || code === 'ENOTDIR') && !existsSync(dirname(output))) {
    return new MlregError('NOT_FOUND', `folder ${quote(dirname(output))} does not exist`, {
      hint: 'create it first: mkdir -p',
      cause: error,
    });
  }
  return asTargetError(error, output, 'choose another path with -o');
}
