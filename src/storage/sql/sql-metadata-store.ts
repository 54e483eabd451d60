import { sql, type Kysely } from 'kysely';
import type { Digest } from '../../core/digest.ts';
import type { ModelName } from '../../core/model-name.ts';
import type { StageName } from '../../core/stage.ts';
import type { Version } from '../../core/version.ts';
import type { BenchRecord, VersionRecord } from '../../core/version-record.ts';
import type { MetadataStore, ModelSummary, Page } from '../metadata-store.ts';
import { checkRows, checkVersion } from './check-rows.ts';
import { benchHash } from '../hash-chain.ts';
import { appendEvent, selectEvents, selectEventsAscending } from './event-log.ts';
import { registerVersion } from './register-version.ts';
import {
  moveStage,
  selectMovesAt,
  selectPointer,
  selectPointers,
  selectStack,
  yankVersion,
} from './stage-moves.ts';
import { parseStored } from './stored-json.ts';
import type { Tables } from './tables.ts';
import {
  exactVersion,
  preferredVersion,
  toRecord,
  versionIdQuery,
  versionQuery,
  type VersionRow,
} from './version-rows.ts';

type Db = Kysely<Tables>;

/** The metadata store on any database that Kysely speaks to; `db` begins write transactions with the lock taken. */
export function sqlMetadataStore(db: Db, close: () => Promise<void>): MetadataStore {
  const read = <T>(query: (trx: Db) => Promise<T>): Promise<T> =>
    db.transaction().setAccessMode('read only').execute(query);
  const write = <T>(change: (trx: Db) => Promise<T>): Promise<T> => db.transaction().execute(change);
  const one = (row: VersionRow | undefined): VersionRecord | undefined => row && toRecord(row);

  return {
    registry: async () => {
      const row = await db.selectFrom('registry').selectAll().executeTakeFirstOrThrow();
      return { id: row.id, createdAt: row.created_at, collections: row.collections };
    },
    stages: async () => {
      const rows = await db
        .selectFrom('stages')
        .where('removed_at', 'is', null)
        .select('name')
        .orderBy('position')
        .execute();
      return rows.map((row) => row.name as StageName);
    },

    hasModel: async (name) =>
      (await db.selectFrom('models').select('id').where('name', '=', name).executeTakeFirst()) !== undefined,
    models: (query) => read((trx) => selectModels(trx, query)),

    version: async (name, version) => one(await exactVersion(db, name, version).executeTakeFirst()),
    latest: async (name) => {
      const live = versionQuery(db, name).where('yanked_at', 'is', null).where('deleted_at', 'is', null);
      return one(await live.orderBy('prerelease').orderBy('sort_key', 'desc').limit(1).executeTakeFirst());
    },
    versions: async ({ name, below, limit, yanked }) => {
      let query = versionQuery(db, name)
        .where('deleted_at', 'is', null)
        .orderBy('sort_key', 'desc')
        .limit(limit + 1);
      if (below !== undefined) query = query.where('sort_key', '<', below);
      if (!yanked) query = query.where('yanked_at', 'is', null);
      const page = cut(await query.execute(), limit, (row) => row.sort_key);
      return { ...page, rows: page.rows.map(toRecord) };
    },
    digests: (name, prefix) => read((trx) => selectDigests(trx, name, prefix)),
    byDigest: (name, digest) =>
      read(async (trx) => {
        const query = versionQuery(trx, name).where('digest', '=', digest).where('deleted_at', 'is', null);
        return one(await preferredVersion(query));
      }),
    children: async (name, version) => {
      const rows = await db
        .selectFrom('version_parents')
        .innerJoin('versions as child', 'child.id', 'version_parents.child_id')
        .innerJoin('models', 'models.id', 'child.model_id')
        .where('parent_id', '=', versionIdQuery(db, name, version))
        // Ids grow with the registrations.
        .orderBy('version_parents.child_id')
        .select(['models.name', 'child.version'])
        .execute();
      return rows.map((row) => `${row.name}@${row.version}`);
    },
    register: (input) => write((trx) => registerVersion(trx, input)),

    pointers: (name) => selectPointers(db, name),
    pointer: (name, stage) => selectPointer(db, name, stage),
    stack: ({ name, stage, from, limit }) =>
      read(async (trx) => selectStack(trx, from ?? (await selectPointer(trx, name, stage)).top, limit)),
    move: (input) => write((trx) => moveStage(trx, input)),
    yank: (input) => write((trx) => yankVersion(trx, input)),

    events: (query) => selectEvents(db, query),
    eventsAscending: ({ after, limit }) => selectEventsAscending(db, after, limit),
    movesAt: (query) => read((trx) => selectMovesAt(trx, query)),

    addBench: ({ bench, samples, actor, at, message }) =>
      write(async (trx) => {
        const query = versionIdQuery(trx, bench.model, bench.version);
        const { id: versionId } = await query.executeTakeFirstOrThrow();
        const event = await appendEvent(trx, {
          actor,
          at,
          message: message ?? null,
          action: 'bench',
          model: bench.model,
          version: bench.version,
          stage: null,
          from: null,
          to: null,
          details: {
            bench: bench.id,
            status: bench.status,
            fingerprint: bench.fingerprint,
            result: benchHash(bench, samples),
          },
        });
        const { id, fingerprint, status } = bench;
        const row = { id, version_id: versionId, seq: event.seq, at: event.at, fingerprint, status, samples };
        await trx
          .insertInto('benches')
          .values({ ...row, result: JSON.stringify(bench.result) })
          .execute();
      }),
    benches: async (name, version, limit) => {
      const rows = await db
        .selectFrom('benches')
        .where('version_id', '=', versionIdQuery(db, name, version))
        .select(['id', 'at', 'fingerprint', 'status', 'result'])
        .orderBy('seq', 'desc')
        .limit(limit)
        .execute();
      return rows.map((row): BenchRecord => ({
        ...row,
        model: name,
        version,
        result: parseStored(row.result, `bench ${row.id}`) as BenchRecord['result'],
      }));
    },

    neededBlobs: ({ after, limit }) => read((trx) => selectNeededBlobs(trx, after, limit)),
    check: (only) => read((trx) => (only === undefined ? checkRows(trx) : checkVersion(trx, only))),
    close,
  };
}

function cut<Row, Key>(rows: Row[], limit: number, keyOf: (row: Row) => Key): Page<Row, Key> {
  const last = rows[limit - 1];
  return rows.length > limit && last !== undefined
    ? { rows: rows.slice(0, limit), next: keyOf(last) }
    : { rows };
}

async function selectModels(
  db: Db,
  { after, limit, stage }: { after?: ModelName; limit: number; stage?: StageName },
): Promise<Page<ModelSummary, ModelName>> {
  let query = db
    .selectFrom('models')
    .where('models.versions', '>', 0)
    .select(['models.id', 'models.name', 'models.versions'])
    .select((eb) =>
      eb
        .selectFrom('versions')
        .whereRef('versions.model_id', '=', 'models.id')
        .where('yanked_at', 'is', null)
        .where('deleted_at', 'is', null)
        .orderBy('prerelease')
        .orderBy('sort_key', 'desc')
        .limit(1)
        .select('versions.version')
        .as('latest'),
    )
    .orderBy('models.name')
    .limit(limit + 1);
  if (after !== undefined) query = query.where('models.name', '>', after);
  if (stage !== undefined) {
    const holding = db
      .selectFrom('pointers')
      .select('model_id')
      .where('stage', '=', stage)
      .where('version_id', 'is not', null);
    query = query.where('models.id', 'in', holding);
  }
  const page = cut(await query.execute(), limit, (row) => row.name as ModelName);
  const rows: ModelSummary[] = [];
  for (const row of page.rows) {
    const pointers = await selectPointers(db, row.name as ModelName);
    const stages = pointers.flatMap(({ stage: held, version }) =>
      version === null ? [] : [{ stage: held, version }],
    );
    rows.push({
      name: row.name as ModelName,
      versions: row.versions,
      latest: row.latest as Version | null,
      stages,
    });
  }
  return { ...page, rows };
}

/** The first digest and the next one: however many versions share a digest, an index finds both at once. */
async function selectDigests(db: Db, name: ModelName, prefix: string): Promise<Digest[]> {
  const query = versionQuery(db, name)
    .where('digest', '<', `${prefix}~`)
    .where('deleted_at', 'is', null)
    .clearSelect()
    .select('digest')
    .orderBy('digest')
    .limit(1);
  const first = await query.where('digest', '>=', prefix).executeTakeFirst();
  if (first === undefined) return [];
  const second = await query.where('digest', '>', first.digest).executeTakeFirst();
  return [first, ...(second === undefined ? [] : [second])].map((row) => row.digest as Digest);
}

/** Three walks along indexes, merged: each slice costs what it returns, whatever the registry holds. */
async function selectNeededBlobs(
  db: Db,
  after: Digest | undefined,
  limit: number,
): Promise<{ digest: Digest; size: number | null }[]> {
  const from = after ?? '';
  const unknownSize = sql<number | null>`null`.as('size');
  const needed = (artifact: 'artifact_files.artifact_digest' | 'artifacts.digest') =>
    sql<boolean>`exists (select 1 from versions where versions.digest = ${sql.ref(artifact)} and deleted_at is null)`;
  const slices = await Promise.all([
    db
      .selectFrom('artifact_files')
      .where('blob_digest', '>', from)
      .where(needed('artifact_files.artifact_digest'))
      .groupBy('blob_digest')
      .orderBy('blob_digest')
      .limit(limit)
      .select(['blob_digest as digest', sql<number | null>`max(size)`.as('size')])
      .execute(),
    db
      .selectFrom('artifacts')
      .where('digest', '>', from)
      .where(needed('artifacts.digest'))
      .orderBy('digest')
      .limit(limit)
      .select(['digest', unknownSize])
      .execute(),
    db
      .selectFrom('artifacts')
      .where('config_digest', '>', from)
      .where(needed('artifacts.digest'))
      .orderBy('config_digest')
      .limit(limit)
      .select(['config_digest as digest', unknownSize])
      .execute(),
  ]);
  const sizes = new Map<string, number | null>();
  for (const { digest, size } of slices.flat()) sizes.set(digest, size ?? sizes.get(digest) ?? null);
  const digests = [...sizes.keys()].sort().slice(0, limit);
  return digests.map((digest) => ({ digest: digest as Digest, size: sizes.get(digest) ?? null }));
}
