import { sql, type Kysely, type Selectable } from 'kysely';
import type { Amendment } from '../../../core/versions/amendments.ts';
import { type Digest, sortFiles } from '../../../core/versions/artifact.ts';
import type { Metadata } from '../../../core/metadata/metadata.ts';
import type { ModelName } from '../../../core/versions/reference.ts';
import type { OnnxModel } from '../../../core/versions/onnx-model.ts';
import type { Source } from '../../../core/versions/source.ts';
import type { Version } from '../../../core/versions/version.ts';
import { sortKey } from '../../../core/versions/version.ts';
import type {
  AddedGolden,
  Artifact,
  ArtifactFile,
  BumpKind,
  VersionRecord,
} from '../../../core/versions/version-record.ts';
import { dialectOf, type SqlDialect } from '../dialect.ts';
import { parseStored } from '../stored-json.ts';
import { storedVersion } from './stored-version.ts';
import type { Tables, VersionTable } from '../tables.ts';

type Db = Kysely<Tables>;

export interface VersionRow extends Selectable<VersionTable> {
  name: string;
  /** JSON: `[config digest, size]`. */
  artifact: string | null;
  /** JSON: `[[path, blob digest, size], …]`. */
  files: string;
  /** JSON: the current tags, as an object. */
  tags: string;
  /** JSON: `[config digest, size]`. */
  golden_artifact: string | null;
  /** JSON: `[[path, blob digest, size], …]`. */
  golden_files: string;
  /**
   * JSON: `[[position, digest, self, time, actor, artifact, files], …]` of the golden sets added
   * later, the last two as the texts of JSON above.
   */
  golden_added: string;
  /** JSON: `[time, actor, registry]` of the import. */
  imported: string | null;
}

/**
 * The parts of a record beyond its own row, gathered by the database: reading a version in one
 * statement is consistent, and takes a third of the time of three statements.
 */
function gathered({ jsonArray, jsonRows, jsonObject, jsonText }: SqlDialect) {
  const artifact = jsonArray(sql.ref('config_digest'), sql.ref('size'));
  const files = jsonRows(sql.ref('path'), sql.ref('blob_digest'), sql.ref('size'));
  const tags = jsonObject(sql.ref('key'), sql.ref('value'));
  const actor = jsonText(sql.ref('body'), 'actor');
  const added = jsonRows(
    ...['position', 'golden_sets.digest', 'self', 'at', 'actor'].map((column) => sql.ref(column)),
    // As text, whatever a database does with JSON in JSON.
    sql`(select ${artifact} from artifacts where artifacts.digest = golden_sets.digest) || ''`,
    sql`(select ${files} from artifact_files where artifact_digest = golden_sets.digest) || ''`,
  );
  const imported = jsonArray(sql.ref('at'), actor, jsonText(sql.ref('body'), 'details', 'registry'));
  return [
    sql<string | null>`(select ${artifact} from artifacts where artifacts.digest = versions.digest)`.as(
      'artifact',
    ),
    sql<string>`(select ${files} from artifact_files where artifact_digest = versions.digest)`.as('files'),
    sql<string>`(select ${tags} from version_tags where version_id = versions.id)`.as('tags'),
    sql<string | null>`(select ${artifact} from artifacts where artifacts.digest = versions.golden)`.as(
      'golden_artifact',
    ),
    sql<string>`(select ${files} from artifact_files where artifact_digest = versions.golden)`.as(
      'golden_files',
    ),
    sql<string>`(select ${added} from golden_sets where version_id = versions.id)`.as('golden_added'),
    sql<
      string | null
    >`(select ${imported} from events where events.seq = versions.registered_seq and action = 'import' and ${actor} is not null)`.as(
      'imported',
    ),
  ];
}

/** All versions of all models; callers add conditions, order and limit. */
export function everyVersion(db: Db) {
  return db
    .selectFrom('versions')
    .innerJoin('models', 'models.id', 'versions.model_id')
    .selectAll('versions')
    .select('models.name as name')
    .select(gathered(dialectOf(db)));
}

/** As `everyVersion`, of one model. */
export function versionQuery(db: Db, name: ModelName) {
  return everyVersion(db).where('models.name', '=', name);
}

/**
 * The version with exactly this spelling; its place in the order finds it without reading the whole
 * model.
 */
export function exactVersion(db: Db, name: ModelName, version: Version) {
  return placedVersion(db, { name, version, key: sortKey(version) });
}

/** The name of a version, with its `sortKey`. */
export interface PlacedVersion {
  name: ModelName;
  version: Version;
  key: string;
}

export function placedVersion(db: Db, { name, version, key }: PlacedVersion) {
  return versionQuery(db, name).where('versions.sort_key', '=', key).where('versions.version', '=', version);
}

/** A condition for a query of versions: it has a tag with this value. */
export function hasTag(key: string, value: string) {
  return sql<boolean>`exists (select 1 from version_tags where version_id = versions.id and key = ${key} and value = ${value})`;
}

/** The id of `exactVersion`, also for use within other statements. */
export function versionIdQuery(db: Db, name: ModelName, version: Version) {
  return placedVersionId(db, { name, version, key: sortKey(version) });
}

export function placedVersionId(db: Db, version: PlacedVersion) {
  return placedVersion(db, version).clearSelect().select('versions.id');
}

/** The versions that were made from one, also deleted ones, in the order of registration. */
export function childQuery(db: Db, parent: PlacedVersion) {
  return (
    db
      .selectFrom('version_parents')
      .innerJoin('versions as child', 'child.id', 'version_parents.child_id')
      .innerJoin('models', 'models.id', 'child.model_id')
      .where('parent_id', '=', placedVersionId(db, parent))
      // Ids grow in that order.
      .orderBy('version_parents.child_id')
      .select(['models.name', 'child.version'])
  );
}

/**
 * The highest version of a query that is not yanked, or else the highest. Two look-ups that an
 * index orders: one query with yanked versions last would read and sort every match.
 */
export async function preferredVersion(
  query: ReturnType<typeof versionQuery>,
): Promise<VersionRow | undefined> {
  const highest = query.orderBy('versions.sort_key', 'desc').limit(1);
  const unyanked = await highest.where('versions.yanked_at', 'is', null).executeTakeFirst();
  return unyanked ?? highest.executeTakeFirst();
}

export function toRecord(row: VersionRow): VersionRecord {
  const parse = (text: string): unknown => parseStored(text, `${row.name}@${row.version}`);
  const artifact = (digest: string, stored: string | null, files: string): Artifact => {
    const [configDigest, size] = (stored === null ? ['', 0] : parse(stored)) as [Digest, number];
    return { digest: digest as Digest, configDigest, size, files: toFiles(parse(files) as FileTuple[]) };
  };
  const tags = Object.entries(parse(row.tags) as Record<string, string>);
  return {
    name: row.name as ModelName,
    version: storedVersion(row.version),
    artifact: artifact(row.digest, row.artifact, row.files),
    format: row.format,
    entry: row.entry,
    onnx: row.onnx === null ? null : (parse(row.onnx) as OnnxModel),
    executable: row.executable === null ? null : (parse(row.executable) as string[]),
    golden: row.golden === null ? null : artifact(row.golden, row.golden_artifact, row.golden_files),
    addedGolden: (parse(row.golden_added) as AddedTuple[])
      .toSorted(([a], [b]) => a - b)
      .map(([, digest, self, at, actor, stored, files]): AddedGolden => ({
        artifact: artifact(digest, stored, files),
        self: self === 1,
        at,
        actor,
      })),
    metadata: parse(row.metadata) as Metadata,
    identity: row.identity,
    source: row.source === null ? null : (parse(row.source) as Source),
    parents: parse(row.parents) as string[],
    bump: row.bump as BumpKind,
    bumpReason: row.bump_reason,
    previous: row.previous as Version | null,
    createdAt: row.created_at,
    actor: row.actor,
    tags: Object.fromEntries(tags.toSorted(([a], [b]) => (a < b ? -1 : 1))),
    amended: row.amended === null ? null : (parse(row.amended) as Amendment),
    yanked:
      row.yanked_at === null
        ? null
        : { at: row.yanked_at, actor: row.yanked_by ?? '', reason: row.yank_reason ?? '' },
    imported: row.imported === null ? null : toImport(parse(row.imported)),
    deletedAt: row.deleted_at,
  };
}

/** The positions of the golden sets that were added, in order: 0, 1, 2 … in a sound row. */
export function goldenPositions(row: VersionRow): number[] {
  const added = parseStored(row.golden_added, `${row.name}@${row.version}`) as AddedTuple[];
  return added.map(([position]) => position).toSorted((a, b) => a - b);
}

function toImport(stored: unknown): VersionRecord['imported'] {
  const [at, actor, registry] = stored as [number, string | null, string | null];
  return { at, actor: actor ?? '', registry: registry ?? '' };
}

type AddedTuple = [
  position: number,
  digest: string,
  self: number,
  at: number,
  actor: string,
  artifact: string | null,
  files: string,
];
type FileTuple = [path: string, digest: Digest, size: number];

function toFiles(files: FileTuple[]): ArtifactFile[] {
  return sortFiles(files.map(([path, digest, size]): ArtifactFile => ({ path, digest, size })));
}
