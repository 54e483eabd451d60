import { sql, type Kysely, type Selectable } from 'kysely';
import type { Digest } from '../../core/digest.ts';
import type { Metadata } from '../../core/metadata.ts';
import type { ModelName } from '../../core/model-name.ts';
import type { OnnxModel } from '../../core/onnx-model.ts';
import type { Version } from '../../core/version.ts';
import { isPrerelease, sortKey } from '../../core/version.ts';
import type {
  ArtifactFile,
  BumpKind,
  Source,
  VersionFacts,
  VersionRecord,
} from '../../core/version-record.ts';
import { hashOfJson } from '../hash-chain.ts';
import { parseStored } from './stored-json.ts';
import type { Tables, VersionTable } from './tables.ts';

type Db = Kysely<Tables>;

export interface VersionRow extends Selectable<VersionTable> {
  name: string;
}

/** Versions with their model's name; callers add conditions, order and limit. */
export function versionQuery(db: Db, name: ModelName) {
  return db
    .selectFrom('versions')
    .innerJoin('models', 'models.id', 'versions.model_id')
    .where('models.name', '=', name)
    .selectAll('versions')
    .select('models.name as name');
}

/** Rows completed with files and tags, in the same order: two queries more, however many rows. */
export async function toRecords(db: Db, rows: VersionRow[]): Promise<VersionRecord[]> {
  if (rows.length === 0) return [];
  const digests = [...new Set(rows.map((row) => row.digest))];
  const files = await db
    .selectFrom('artifact_files')
    .innerJoin('artifacts', 'artifacts.digest', 'artifact_files.artifact_digest')
    .where('artifacts.digest', 'in', digests)
    .select(['artifacts.digest', 'artifacts.config_digest', 'artifacts.size as total'])
    .select(['artifact_files.path', 'artifact_files.blob_digest', 'artifact_files.size'])
    .orderBy('artifact_files.path')
    .execute();
  const tags = await db
    .selectFrom('version_tags')
    .selectAll()
    .where(
      'version_id',
      'in',
      rows.map((row) => row.id),
    )
    .orderBy('key')
    .execute();
  const filesOf = Map.groupBy(files, (file) => file.digest);
  const tagsOf = Map.groupBy(tags, (tag) => tag.version_id);
  return rows.map((row) => {
    const own = filesOf.get(row.digest) ?? [];
    return toRecord(
      row,
      own,
      Object.fromEntries((tagsOf.get(row.id) ?? []).map((tag) => [tag.key, tag.value])),
    );
  });
}

interface FileRow {
  config_digest: string;
  total: number;
  path: string;
  blob_digest: string;
  size: number;
}

function toRecord(row: VersionRow, files: FileRow[], tags: Record<string, string>): VersionRecord {
  const parse = (text: string): unknown => parseStored(text, `${row.name}@${row.version}`);
  return {
    name: row.name as ModelName,
    version: row.version as Version,
    artifact: {
      digest: row.digest as Digest,
      configDigest: (files[0]?.config_digest ?? '') as Digest,
      size: files[0]?.total ?? 0,
      files: files.map((file): ArtifactFile => ({
        path: file.path,
        digest: file.blob_digest as Digest,
        size: file.size,
      })),
    },
    format: row.format,
    entry: row.entry,
    onnx: row.onnx === null ? null : (parse(row.onnx) as OnnxModel),
    metadata: parse(row.metadata) as Metadata,
    identity: row.identity,
    source: row.source === null ? null : (parse(row.source) as Source),
    parents: parse(row.parents) as string[],
    bump: row.bump as BumpKind,
    bumpReason: row.bump_reason,
    previous: row.previous as Version | null,
    createdAt: row.created_at,
    actor: row.actor,
    tags,
    yanked:
      row.yanked_at === null
        ? null
        : { at: row.yanked_at, actor: row.yanked_by ?? '', reason: row.yank_reason ?? '' },
    deletedAt: row.deleted_at,
  };
}

/** Stores the facts; the event of the registration carries `factsHash`, so that a row that changes later is found. */
export async function insertVersion(
  db: Db,
  facts: VersionFacts,
  modelId: number,
  registeredSeq: number,
): Promise<void> {
  const { artifact } = facts;
  await db
    .insertInto('artifacts')
    .values({ digest: artifact.digest, config_digest: artifact.configDigest, size: artifact.size })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  for (const { path, digest, size } of artifact.files) {
    await db
      .insertInto('artifact_files')
      .values({ artifact_digest: artifact.digest, path, blob_digest: digest, size })
      .onConflict((conflict) => conflict.doNothing())
      .execute();
  }
  const { id } = await db
    .insertInto('versions')
    .values({
      model_id: modelId,
      version: facts.version,
      sort_key: sortKey(facts.version),
      prerelease: isPrerelease(facts.version) ? 1 : 0,
      digest: artifact.digest,
      format: facts.format,
      entry: facts.entry,
      onnx: facts.onnx === null ? null : JSON.stringify(facts.onnx),
      metadata: JSON.stringify(facts.metadata),
      identity: facts.identity,
      source: facts.source === null ? null : JSON.stringify(facts.source),
      parents: JSON.stringify(facts.parents),
      bump: facts.bump,
      bump_reason: facts.bumpReason,
      previous: facts.previous,
      created_at: facts.createdAt,
      actor: facts.actor,
      registered_seq: registeredSeq,
    })
    .returning('id')
    .executeTakeFirstOrThrow();
  for (const [key, value] of Object.entries(facts.metadata.tags ?? {})) {
    await db.insertInto('version_tags').values({ version_id: id, key, value }).execute();
  }
  for (const parent of facts.parents) await insertParent(db, id, parent);
  await db
    .updateTable('models')
    .set({ versions: sql`versions + 1` })
    .where('id', '=', modelId)
    .execute();
}

async function insertParent(db: Db, childId: number, reference: string): Promise<void> {
  const at = reference.lastIndexOf('@');
  await db
    .insertInto('version_parents')
    .columns(['child_id', 'parent_id'])
    .expression(
      versionQuery(db, reference.slice(0, at) as ModelName)
        .where('versions.version', '=', reference.slice(at + 1))
        .clearSelect()
        .select([sql<number>`${childId}`.as('child_id'), 'versions.id as parent_id']),
    )
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

/** SHA-256 of all that never changes about a version. */
export function factsHash(record: VersionFacts): string {
  const { name, version, artifact, format, entry, onnx, metadata, identity, source } = record;
  const { parents, bump, bumpReason, previous, createdAt, actor } = record;
  return hashOfJson({
    name,
    version,
    artifact,
    format,
    entry,
    onnx,
    metadata,
    identity,
    source,
    parents,
    bump,
    bumpReason,
    previous,
    createdAt,
    actor,
  });
}
