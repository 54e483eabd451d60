import type { Kysely } from 'kysely';
import { verdictOfBench } from '../../core/events/gate-result.ts';
import type { BenchRecord, VersionRecord } from '../../core/versions/version-record.ts';
import { slowClock } from '../../core/clock.ts';
import { refuseLost, type HeadState } from '../head.ts';
import type { Authorship, MetadataStore } from '../metadata-store.ts';
import { selectBench, selectBenchIds, selectBenchPage } from './bench-rows.ts';
import { checkRows, checkVersion } from './verify/check-rows.ts';
import {
  beginCollection,
  endCollection,
  selectBlobsOfDeleted,
  selectCollections,
  selectUnneeded,
} from './collections.ts';
import type { Leases } from './leases.ts';
import { benchHash } from '../hash-chain.ts';
import { appendEvent, lastEvent, selectEvents, selectEventsAscending } from './event-log.ts';
import { selectCorrections, timeOfEvent } from './event-times.ts';
import { acceptHistory, applyPolicy, approveVersion, fixClock, noteEvent } from './gate-events.ts';
import { importVersions } from './import-versions.ts';
import { livingVersion } from './living-version.ts';
import { cut, selectDigests, selectModels } from './model-rows.ts';
import { selectNeededBlobs, selectVersionsNeeding } from './needed-blobs.ts';
import { registerVersion } from './register-version.ts';
import { selectPointer, selectPointers } from './pointer-rows.ts';
import { addStage, removeStage, selectStages } from './stage-list.ts';
import { inOrder } from './verify/in-order.ts';
import { moveStage, selectMovesAt, selectStack } from './stage-moves.ts';
import { parseStored } from './stored-json.ts';
import type { HeadKeeper } from '../local/sqlite/keep-head.ts';
import type { Tables } from './tables.ts';
import { amendVersion, deleteVersion, tagVersion, yankVersion } from './version-changes.ts';
import {
  exactVersion,
  hasTag,
  preferredVersion,
  toRecord,
  versionIdQuery,
  versionQuery,
  type VersionRow,
} from './version-rows.ts';

type Db = Kysely<Tables>;

/** What the database is not asked for through Kysely. */
export interface StoreMeans {
  close: () => Promise<void>;
  leases: Leases;
  /** See `MetadataStore.snapshot`. */
  snapshot: (path: string) => Promise<void>;
  /** Of the database of a home. */
  head?: (() => HeadKeeper) | undefined;
  home?: string | undefined;
  /** Told once what whoever writes should know. */
  warn?: ((warning: string) => void) | undefined;
}

async function lastTime(db: Db): Promise<number> {
  const last = await db.selectFrom('events').select('at').orderBy('seq', 'desc').limit(1).executeTakeFirst();
  return last?.at ?? 0;
}

/** The metadata store on any database that Kysely speaks to; `db` begins write transactions with the lock taken. */
export function sqlMetadataStore(
  db: Db,
  { close, leases, snapshot, head, home = '', warn }: StoreMeans,
): MetadataStore {
  const read = <T>(query: (trx: Db) => Promise<T>): Promise<T> =>
    db.transaction().setAccessMode('read only').execute(query);
  const change = <T>(make: (trx: Db) => Promise<T>): Promise<T> =>
    db.transaction().execute(async (trx) => {
      // Under the lock: what is noted is in the chain by now, or lost.
      if (head !== undefined) refuseLost(home, head().compare(head().noted()));
      return make(trx);
    });
  let warned = false;
  /** A change with an author, who is told if the clock is behind. */
  const write = async <Input extends Authorship, T>(
    input: Input,
    make: (trx: Db, input: Input) => Promise<T>,
  ): Promise<T> => {
    const [result, chain] = await change(async (trx) => [await make(trx, input), await lastTime(trx)]);
    const warning = warned ? undefined : slowClock(input.at, chain);
    if (warning !== undefined) {
      warned = true;
      warn?.(warning);
    }
    return result;
  };
  const one = (row: VersionRow | undefined): VersionRecord | undefined => row && toRecord(row);

  return {
    registry: async () => {
      const row = await db.selectFrom('registry').selectAll().executeTakeFirstOrThrow();
      return { id: row.id, createdAt: row.created_at };
    },
    stages: () => selectStages(db),
    addStage: (input) => write(input, addStage),
    removeStage: (input) => write(input, removeStage),

    hasModel: async (name) =>
      (await db.selectFrom('models').select('id').where('name', '=', name).executeTakeFirst()) !== undefined,
    models: (query) => read((trx) => selectModels(trx, query)),

    version: async (name, version) => one(await exactVersion(db, name, version).executeTakeFirst()),
    latest: async (name) => {
      const live = versionQuery(db, name).where('yanked_at', 'is', null).where('deleted_at', 'is', null);
      return one(await live.orderBy('prerelease').orderBy('sort_key', 'desc').limit(1).executeTakeFirst());
    },
    versions: async ({ name, below, limit, yanked, tags = {} }) => {
      let query = versionQuery(db, name)
        .where('deleted_at', 'is', null)
        .orderBy('sort_key', 'desc')
        .limit(limit + 1);
      if (below !== undefined) query = query.where('sort_key', '<', below);
      if (!yanked) query = query.where('yanked_at', 'is', null);
      for (const [key, value] of Object.entries(tags)) query = query.where(hasTag(key, value));
      const found = inOrder(await query.execute(), (row) => row.sort_key, { from: below, way: 'down' });
      const page = cut(found, limit, (row) => row.sort_key);
      return { ...page, rows: page.rows.map(toRecord) };
    },
    digests: (name, prefix) => read((trx) => selectDigests(trx, name, prefix)),
    byDigest: (name, digest) =>
      read(async (trx) => {
        const query = versionQuery(trx, name).where('digest', '=', digest).where('deleted_at', 'is', null);
        return one(await preferredVersion(query));
      }),
    children: async (name, version, including) => {
      const query = db
        .selectFrom('version_parents')
        .innerJoin('versions as child', 'child.id', 'version_parents.child_id')
        .innerJoin('models', 'models.id', 'child.model_id')
        .where('parent_id', '=', versionIdQuery(db, name, version))
        // Ids grow with the registrations.
        .orderBy('version_parents.child_id')
        .select(['models.name', 'child.version']);
      const rows = await (
        including?.deleted === true ? query : query.where('child.deleted_at', 'is', null)
      ).execute();
      return rows.map((row) => `${row.name}@${row.version}`);
    },
    register: (input) => write(input, registerVersion),
    importVersions: (input) => write(input, importVersions),

    pointers: (name) => selectPointers(db, name),
    pointer: (name, stage) => selectPointer(db, name, stage),
    stack: ({ name, stage, from, limit }) =>
      read(async (trx) => selectStack(trx, from ?? (await selectPointer(trx, name, stage)).top, limit)),
    move: (input) => write(input, moveStage),
    yank: (input) => write(input, yankVersion),
    tag: (input) => write(input, tagVersion),
    amend: (input) => write(input, amendVersion),
    delete: (input) => write(input, deleteVersion),

    applyPolicy: (input) => write(input, applyPolicy),
    approve: (input) => write(input, approveVersion),
    note: (input) => write(input, noteEvent),

    head: async () => {
      const noted = head?.().noted();
      // Not in the middle of a transaction of another caller, which may see less.
      return db.connection().execute(async (one) => head?.().compare(noted) ?? headOf(await lastEvent(one)));
    },
    acceptHistory: (input) =>
      db.transaction().execute(async (trx) => {
        const state = head?.().compare(head().noted());
        return state?.lost === true && state.noted !== undefined
          ? { changed: true, event: await acceptHistory(trx, input, state.noted) }
          : { changed: false };
      }),

    events: (query) => selectEvents(db, query),
    eventsAscending: ({ after, limit }) => selectEventsAscending(db, after, limit),
    timeOf: ({ event, now }) =>
      read(async (trx) => timeOfEvent(trx, event, now, await selectCorrections(trx))),
    fixClock: (input) => write(input, fixClock),
    movesAt: (query) => read((trx) => selectMovesAt(trx, query)),

    addBench: (input) =>
      write(input, async (trx, { bench, samples, actor, at, message }) => {
        const { id: versionId } = await livingVersion(trx, bench.model, bench.version);
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
            verdict: verdictOfBench(bench.result),
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
        result: parseStored(row.result, `benchmark ${row.id}`) as BenchRecord['result'],
      }));
    },
    benchPage: (query) => read((trx) => selectBenchPage(trx, query)),
    bench: (id) => selectBench(db, id),
    benchIds: (prefix, limit) => selectBenchIds(db, prefix, limit),
    benchSamples: async (id) => {
      const row = await db.selectFrom('benches').where('id', '=', id).select('samples').executeTakeFirst();
      return row?.samples;
    },

    neededBlobs: ({ after, limit }) => read((trx) => selectNeededBlobs(trx, after, limit)),
    versionsNeeding: (digest, limit) => read((trx) => selectVersionsNeeding(trx, digest, limit)),
    lease: () => leases.take(),
    collections: () =>
      leases.settled(
        () => selectCollections(db),
        async () => void (await change((trx) => endCollection(trx))),
      ),
    unneededBlobs: (digests) => read((trx) => selectUnneeded(trx, digests)),
    blobsOfDeleted: (query) => read((trx) => selectBlobsOfDeleted(trx, query)),
    beginCollection: (input) => change((trx) => beginCollection(trx, input)),
    endCollection: (input) => write(input, endCollection),
    check: (only) => read((trx) => (only === undefined ? checkRows(trx) : checkVersion(trx, only))),
    snapshot,
    close,
  };
}

/** Where nothing is noted outside of the database. */
function headOf(last: { seq: number; hash: string } | undefined): HeadState {
  return { ...(last === undefined ? {} : { last: { seq: last.seq, hash: last.hash } }), lost: false };
}
