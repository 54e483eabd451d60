import type { Kysely } from 'kysely';
import type { ModelName } from '../../core/versions/model-name.ts';
import type { Version } from '../../core/versions/version.ts';
import type { BenchRecord } from '../../core/versions/version-record.ts';
import type { BenchQuery } from '../measurements.ts';
import type { Page } from '../page.ts';
import { inOrder } from './verify/in-order.ts';
import { cut } from './model-rows.ts';
import { parseStored } from './stored-json.ts';
import { storedVersion } from './stored-version.ts';
import type { Tables } from './tables.ts';
import { versionIdQuery } from './version-rows.ts';

type Db = Kysely<Tables>;

/** Well below the number of parameters that a statement may have. */
const slice = 500;

/**
 * Benches are ordered within their version; across versions, the events that recorded them are, which say their ids. So a page of several
 * versions walks back over events, and needs neither a sort nor an index of its own.
 */
export async function selectBenchPage(db: Db, query: BenchQuery): Promise<Page<BenchRecord, number>> {
  const { model, version, limit } = query;
  const rows =
    model !== undefined && version !== undefined
      ? await rowsOfVersion(db, { ...query, model, version })
      : await rowsByEvents(db, query);
  const page = cut(inOrder(rows, seqOf, { from: query.before, way: 'down' }), limit, seqOf);
  return { ...page, rows: page.rows.map(toBench) };
}

export async function selectBenches(
  db: Db,
  name: ModelName,
  version: Version,
  limit: number,
): Promise<BenchRecord[]> {
  const rows = await db
    .selectFrom('benches')
    .where('version_id', '=', versionIdQuery(db, name, version))
    .select(['id', 'seq', 'at', 'fingerprint', 'status', 'result'])
    .orderBy('seq', 'desc')
    .limit(limit)
    .execute();
  return rows.map((row) => toBench({ ...row, name, version }));
}

const seqOf = ({ seq }: { seq: number }): number => seq;

export async function selectBench(db: Db, id: string): Promise<BenchRecord | undefined> {
  const row = await benchQuery(db).where('benches.id', '=', id).executeTakeFirst();
  return row && toBench(row);
}

export async function selectBenchIds(db: Db, prefix: string, limit: number): Promise<string[]> {
  const rows = await db
    .selectFrom('benches')
    .select('id')
    .where('id', '>=', prefix)
    // No id has a character above this one.
    .where('id', '<', `${prefix}~`)
    .orderBy('id')
    .limit(limit)
    .execute();
  return rows.map(({ id }) => id);
}

interface BenchRow {
  id: string;
  seq: number;
  at: number;
  fingerprint: string;
  status: string;
  result: string;
  name: string;
  version: string;
}

function benchQuery(db: Db) {
  return db
    .selectFrom('benches')
    .innerJoin('versions', 'versions.id', 'benches.version_id')
    .innerJoin('models', 'models.id', 'versions.model_id')
    .select(['benches.id', 'benches.seq', 'benches.at', 'benches.fingerprint', 'benches.status'])
    .select(['benches.result', 'models.name', 'versions.version']);
}

/** One more than the limit, where there are so many. */
async function rowsOfVersion(
  db: Db,
  { model, version, before, limit }: BenchQuery & { model: ModelName; version: Version },
): Promise<BenchRow[]> {
  const live = versionIdQuery(db, model, version).where('versions.deleted_at', 'is', null);
  let query = db
    .selectFrom('benches')
    .select(['id', 'seq', 'at', 'fingerprint', 'status', 'result'])
    .where('version_id', '=', live)
    .orderBy('seq', 'desc')
    .limit(limit + 1);
  if (before !== undefined) query = query.where('seq', '<', before);
  return (await query.execute()).map((row) => ({ ...row, name: model, version }));
}

/** Likewise. */
async function rowsByEvents(db: Db, { model, before, limit }: BenchQuery): Promise<BenchRow[]> {
  const rows: BenchRow[] = [];
  let from = before ?? Number.MAX_SAFE_INTEGER;
  while (rows.length <= limit) {
    let query = db
      .selectFrom('events')
      .select(['seq', 'body'])
      .where('action', '=', 'bench')
      .where('seq', '<', from)
      .orderBy('seq', 'desc')
      .limit(Math.min(slice, limit + 1));
    if (model !== undefined) query = query.where('model', '=', model);
    const events = inOrder(await query.execute(), seqOf, { from, way: 'down' });
    const last = events.at(-1);
    if (last === undefined) break;
    from = last.seq;
    rows.push(...(await rowsOf(db, events)));
  }
  return rows;
}

/** The benches that these events recorded, in their order. A row that is gone, or is another event's, is for `check` to tell. */
async function rowsOf(db: Db, events: { seq: number; body: string }[]): Promise<BenchRow[]> {
  const ids = events.map(({ seq, body }) => benchIdOf(parseStored(body, `event ${seq}`)));
  const found = await benchQuery(db)
    .where('benches.id', 'in', ids)
    .where('versions.deleted_at', 'is', null)
    .execute();
  const bySeq = new Map(found.map((row) => [row.seq, row]));
  return events.flatMap(({ seq }) => bySeq.get(seq) ?? []);
}

function benchIdOf(event: unknown): string {
  const { details } = event as { details?: { bench?: unknown } | null };
  return String(details?.bench);
}

function toBench({ id, at, fingerprint, status, result, name, version }: BenchRow): BenchRecord {
  return {
    id,
    model: name as ModelName,
    version: storedVersion(version),
    at,
    fingerprint,
    status,
    result: parseStored(result, `benchmark ${id}`) as BenchRecord['result'],
  };
}
