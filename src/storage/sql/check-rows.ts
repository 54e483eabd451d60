import { sql, type Kysely } from 'kysely';
import type { RegistryEvent } from '../../core/event.ts';
import { benchHash } from '../hash-chain.ts';
import { checkStages } from './check-stages.ts';
import { toEvent } from './event-log.ts';
import type { Tables } from './tables.ts';
import { factsHash, toRecords, type VersionRow } from './version-rows.ts';

type Db = Kysely<Tables>;

export interface RowProblem {
  problem: string;
  subject: string;
}

const slice = 500;

/**
 * Compares every row with the event that recorded it. The chain itself is verified by whoever calls, so that a row
 * agreeing with its event agrees with the chain.
 */
export async function checkRows(db: Db): Promise<RowProblem[]> {
  const problems: RowProblem[] = [];
  const report = (subject: string, problem: string): void => void problems.push({ subject, problem });
  await checkDatabase(db, report);
  await checkVersions(db, report);
  await checkStages(db, report);
  await checkBenches(db, report);
  return problems;
}

export type Report = (subject: string, problem: string) => void;

/** SQLite's own checks: pages, indexes, types, references between tables. */
async function checkDatabase(db: Db, report: Report): Promise<void> {
  const pages = await sql<{ integrity_check: string }>`pragma integrity_check`.execute(db);
  for (const { integrity_check: found } of pages.rows) if (found !== 'ok') report('database', found);
  const references = await sql<{ table: string; parent: string }>`pragma foreign_key_check`.execute(db);
  for (const { table, parent } of references.rows)
    report('database', `a row of ${table} names a row of ${parent} that is not there`);
}

async function checkVersions(db: Db, report: Report): Promise<void> {
  const counted = new Map<string, number>();
  for (let after = 0; ;) {
    const rows = await db
      .selectFrom('versions')
      .innerJoin('models', 'models.id', 'versions.model_id')
      .selectAll('versions')
      .select('models.name as name')
      .where('versions.id', '>', after)
      .orderBy('versions.id')
      .limit(slice)
      .execute();
    if (rows.length === 0) break;
    after = rows.at(-1)?.id ?? after;
    await checkSlice(db, rows, report);
    for (const row of rows)
      if (row.deleted_at === null) counted.set(row.name, (counted.get(row.name) ?? 0) + 1);
  }
  for (const { name, versions } of await db.selectFrom('models').select(['name', 'versions']).execute()) {
    const found = counted.get(name) ?? 0;
    if (found !== versions) report(name, `the model counts ${versions} versions, ${found} are there`);
  }
}

async function checkSlice(db: Db, rows: VersionRow[], report: Report): Promise<void> {
  const records = await toRecords(db, rows);
  const events = await eventsBySeq(
    db,
    rows.map((row) => row.registered_seq),
  );
  const yanks = await lastYanks(
    db,
    rows.map((row) => row.name),
  );
  for (const [index, record] of records.entries()) {
    const subject = `${record.name}@${record.version}`;
    const event = events.get(rows[index]?.registered_seq ?? 0);
    if (event?.action !== 'register' || event.model !== record.name || event.version !== record.version) {
      report(subject, 'no event of the registration stands behind this version');
    } else if (event.details['facts'] !== factsHash(record)) {
      report(subject, 'the version is not what was registered: a row was changed or is missing');
    }
    const yanked = yanks.get(subject)?.action === 'yank';
    if (yanked !== (record.yanked !== null))
      report(subject, `the version is ${yanked ? '' : 'not '}yanked by its events, its row disagrees`);
  }
}

async function eventsBySeq(db: Db, seqs: number[]): Promise<Map<number, RegistryEvent>> {
  const rows = await db.selectFrom('events').selectAll().where('seq', 'in', seqs).execute();
  return new Map(rows.map((row) => [row.seq, toEvent(row)]));
}

/** The last yank or unyank of every version of the models, by reference. */
async function lastYanks(db: Db, names: string[]): Promise<Map<string, RegistryEvent>> {
  const rows = await db
    .selectFrom('events')
    .selectAll()
    .where('model', 'in', [...new Set(names)])
    .where('action', 'in', ['yank', 'unyank'])
    .orderBy('seq')
    .execute();
  return new Map(rows.map(toEvent).map((event) => [`${event.model}@${event.version}`, event]));
}

async function checkBenches(db: Db, report: Report): Promise<void> {
  for (let after = ''; ;) {
    const rows = await db
      .selectFrom('benches')
      .innerJoin('events', 'events.seq', 'benches.seq')
      .selectAll('events')
      .select(['benches.id as bench_id', 'benches.result', 'benches.samples'])
      .where('benches.id', '>', after)
      .orderBy('benches.id')
      .limit(20)
      .execute();
    if (rows.length === 0) return;
    for (const { bench_id: id, result, samples, ...row } of rows) {
      after = id;
      const { details } = toEvent(row);
      const hash = benchHash({ result: JSON.parse(result) as object }, samples);
      if (details['bench'] !== id || details['result'] !== hash)
        report(`bench ${id}`, 'it is not what was recorded');
    }
  }
}
