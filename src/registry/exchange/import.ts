import { MlregError } from '../../core/errors.ts';
import { counted } from '../../core/text/numbers.ts';
import type { Digest } from '../../core/versions/artifact.ts';
import { mostGoldenSets } from '../../core/versions/golden-sets.ts';
import { type ModelName, formatReference } from '../../core/versions/reference.ts';
import { blobPath } from '../../core/versions/oci-layout.ts';
import type { KeptFact } from '../../core/versions/merge-history.ts';
import type { VersionRecord } from '../../core/versions/version-record.ts';
import type { Version } from '../../core/versions/version.ts';
import type { StagedBlob } from '../../storage/blob-store.ts';
import type { ForeignSource } from '../../core/versions/source.ts';
import type { ForeignVersion, ImportOutcome, NumberRequest } from '../../storage/versions.ts';
import { refuseLostHistory, type OnProgress, type Registry, authorship } from '../registry.ts';
import { importArtifact, type ForeignResult } from './foreign/import-artifact.ts';
import { checkContent } from './layout/check-content.ts';
import { textEntry } from './layout/layout-entry.ts';
import { type LayoutSource, openLayout } from './layout/layout-source.ts';
import { parentsFirst } from './layout/parents-first.ts';
import { type NeededBlob, readIndex, readVersions } from './layout/read-versions.ts';

export interface ImportInput {
  /** A tar archive or a folder; absolute. */
  path: string;
  /**
   * For the artifact of another tool: the model's name, the number of its version, and which
   * artifact of the layout it is. See `ForeignInput`.
   */
  name?: ModelName;
  number?: NumberRequest;
  select?: string;
  message?: string;
  onProgress?: OnProgress;
}

export interface ImportResult {
  changed: boolean;
  versions: {
    ref: string;
    name: ModelName;
    version: Version;
    digest: string;
    /** False: the version was already here and was not changed. */
    changed: boolean;
    /** The id of the registry that exported the version; null: another tool made the artifact. */
    registry: string | null;
    /** True: the version was already here, and events that are new since were applied. */
    updated: boolean;
    /** The artifact of another tool; null: a registry exported the version. */
    source: ForeignSource | null;
  }[];
  /** Facts of versions that were already here that stay, because they were changed here since. */
  kept: ({ ref: string } & KeptFact)[];
  warnings: string[];
}

/**
 * Imports the versions of an export, under their own names and numbers, with their metadata, golden
 * sets and history: either all of them or none. When it resolves, bytes and rows are durable.
 * Stages are not imported: each registry has its own. A version that is already here gets the
 * events that are new since, in one event; a fact that was changed here since stays, and is listed.
 * An artifact of another tool becomes a new version, as if it had been registered: see
 * `importArtifact`. INVALID_INPUT or INTEGRITY if it is neither, or damaged; CONFLICT if a number
 * is taken here by something else.
 */
export async function importVersions(registry: Registry, input: ImportInput): Promise<ImportResult> {
  await refuseLostHistory(registry);
  const layout = await openLayout(input.path, registry.signal);
  const staged = new Map<Digest, StagedBlob>();
  try {
    const index = await readIndex(layout);
    const { versions, blobs } = await readVersions(layout, index);
    if (versions.length === 0)
      return toForeignResult(await importArtifact(registry, layout, index.manifests, input));
    refuseForeignInput(input, versions.length);
    const ordered = parentsFirst(versions);
    await stageBlobs(registry, layout, blobs, staged, input.onProgress);
    for (const version of ordered) checkContent(version, staged);
    return toResult(ordered, await store(registry, input, ordered, staged));
  } finally {
    await Promise.all([layout.close(), ...[...staged.values()].map((blob) => blob.discard())]);
  }
}

/** Copies every blob in, and checks its digest. */
async function stageBlobs(
  { blobs: stored, signal }: Registry,
  layout: LayoutSource,
  blobs: readonly NeededBlob[],
  staged: Map<Digest, StagedBlob>,
  onProgress: OnProgress | undefined,
): Promise<void> {
  const total = blobs.reduce((sum, { size }) => sum + size, 0);
  let done = 0;
  const count = (bytes: number): void => onProgress?.({ done: (done += bytes), total, what: 'importing' });
  for (const { digest, text } of blobs) {
    signal?.throwIfAborted();
    const content = text === undefined ? layout.read(blobPath(digest)) : textEntry('', text).content();
    const blob = await stored.stage(content, count);
    staged.set(digest, blob);
    if (blob.digest === digest) continue;
    throw new MlregError(
      'INTEGRITY',
      `the export is damaged: blob ${digest} does not match its digest; nothing was imported`,
      {
        hint: 'copy it again, or export the versions again',
        details: { digest },
      },
    );
  }
}

/** A version of an export has a name and a number. */
function refuseForeignInput({ name, number, select }: ImportInput, versions: number): void {
  const numbered = number?.kind === 'exact' ? '--version' : '--bump';
  const given = name !== undefined ? '--name' : number !== undefined ? numbered : '--select';
  if (name === undefined && number === undefined && select === undefined) return;
  throw new MlregError(
    'INVALID_INPUT',
    `${given} is for artifacts of other tools, but this is an export by mlreg of ${counted(versions, 'version')}`,
    { hint: `omit ${given}: the versions keep their names and numbers` },
  );
}

function toForeignResult({ registered, source }: ForeignResult): ImportResult {
  const { ref, name, version, digest, changed, warnings } = registered;
  return {
    changed,
    versions: [{ ref, name, version, digest, changed, updated: false, registry: null, source }],
    kept: [],
    warnings,
  };
}

type Imported = Extract<ImportOutcome, { outcome: 'imported' }>['versions'];

async function store(
  registry: Registry,
  { message }: ImportInput,
  versions: readonly ForeignVersion[],
  staged: ReadonlyMap<Digest, StagedBlob>,
): Promise<{ imported: Imported; repaired: number }> {
  for (;;) {
    const collections = await registry.metadata.collections();
    let repaired = 0;
    for (const blob of staged.values()) {
      registry.signal?.throwIfAborted();
      if ((await blob.publish()) === 'repaired') repaired += 1;
    }
    await registry.blobs.sync();
    registry.signal?.throwIfAborted();
    const outcome = await registry.metadata.importVersions({
      versions,
      ifCollections: collections,
      ...authorship(registry, message),
    });
    if (outcome.outcome === 'imported') return { imported: outcome.versions, repaired };
    if (outcome.outcome === 'full') throw tooManySets(outcome.version);
    if (outcome.outcome === 'taken') throw numberTaken(outcome.number, outcome.by);
    // A collector ran in between and may have taken a blob that already existed; the staged copies
    // still have the bytes.
  }
}

function toResult(
  versions: readonly ForeignVersion[],
  { imported, repaired }: { imported: Imported; repaired: number },
): ImportResult {
  const warnings =
    repaired === 0
      ? []
      : [`repaired ${counted(repaired, 'damaged blob')}; the damaged bytes are in quarantine/`];
  const all = imported.map(({ version: record, event }, index) => {
    const { name, version, artifact } = record;
    const foreign = versions[index];
    return {
      ref: formatReference(name, version),
      name,
      version,
      digest: artifact.digest,
      changed: event !== undefined,
      updated: event?.action === 'import-events',
      registry: foreign?.registry ?? null,
      source: null,
    };
  });
  const kept = imported.flatMap(({ version: { name, version }, kept: facts }) =>
    facts.map((fact) => ({ ref: formatReference(name, version), ...fact })),
  );
  return { changed: all.some(({ changed }) => changed), versions: all, kept, warnings };
}

function tooManySets({ name, version }: VersionRecord): MlregError {
  const ref = formatReference(name, version);
  return new MlregError(
    'CONFLICT',
    `${ref} would have more than ${mostGoldenSets} golden sets, which is the limit; nothing was imported`,
    { hint: 'import it into another registry: --registry DIR', details: { ref } },
  );
}

function numberTaken(number: Version, by: VersionRecord): MlregError {
  const ref = formatReference(by.name, by.version);
  const how =
    by.deletedAt !== null
      ? `${ref} was deleted; its number cannot be reused`
      : by.version === number
        ? `${ref} already exists with different bytes or metadata`
        : `${ref} already exists and has the same precedence as ${number}`;
  return new MlregError('CONFLICT', `${how}; nothing was imported`, {
    hint: 'export fewer versions, or import into another registry: --registry DIR',
    details: { ref, digest: by.artifact.digest },
  });
}
