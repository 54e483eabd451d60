import { sql, type Kysely } from 'kysely';
import type { ModelName } from '../../../core/versions/model-name.ts';
import { isMlregError } from '../../../core/errors.ts';
import { quote } from '../../../core/text/quote.ts';
import type { Version } from '../../../core/versions/version.ts';
import { sha256Hex } from '../../hash-chain.ts';
import { checkBenches } from './check-benches.ts';
import { checkRegistry } from './check-registry.ts';
import { checkStages } from './check-stages.ts';
import { checkOneVersion, checkVersions } from './check-versions.ts';
import { inOrder } from './in-order.ts';
import type { Report, RowProblem } from './row-problem.ts';
import { expectedSchema, schemaQuery, type SchemaPart } from '../../local/sqlite/expected-schema.ts';
import type { Tables } from '../tables.ts';

type Db = Kysely<Tables>;

const slice = 500;

const checks: ((db: Db, report: Report) => Promise<void>)[] = [
  checkDatabase,
  checkSchema,
  checkRegistry,
  checkBodies,
  checkVersions,
  checkStages,
  checkBenches,
];

/**
 * Compares every row with the event that recorded it, and looks for rows that events tell of. The chain itself is
 * verified by whoever calls, so that a row agreeing with its event agrees with the chain.
 */
export async function checkRows(db: Db): Promise<RowProblem[]> {
  const problems: RowProblem[] = [];
  // What a damaged row names its subject may be no text.
  const report = (subject: unknown, problem: string): void =>
    void problems.push({ subject: String(subject), problem });
  for (const check of checks) {
    try {
      await check(db, report);
    } catch (error) {
      if (!isMlregError(error, 'INTEGRITY')) throw error;
      // The next one may read other pages.
      if (!problems.some(({ problem }) => problem === error.message)) report('database', error.message);
    }
  }
  return problems;
}

/** As `checkRows`, of one version: its row, tags, parents and yank against their events. */
export async function checkVersion(
  db: Db,
  { name, version }: { name: ModelName; version: Version },
): Promise<RowProblem[]> {
  const problems: RowProblem[] = [];
  await checkOneVersion(db, name, version, (subject, problem) => void problems.push({ subject, problem }));
  return problems;
}

/** SQLite's own checks: pages, indexes, types, references between tables. */
async function checkDatabase(db: Db, report: Report): Promise<void> {
  const pages = await sql<{ integrity_check: string }>`pragma integrity_check`.execute(db);
  for (const { integrity_check: found } of pages.rows) if (found !== 'ok') report('database', found);
  const references = await sql<{ table: string; parent: string }>`pragma foreign_key_check`.execute(db);
  for (const { table, parent } of references.rows)
    report('database', `a row of ${table} refers to a missing row of ${parent}`);
}

/** The statements that made tables and indexes: a name that is damaged in there is no error to SQLite. */
async function checkSchema(db: Db, report: Report): Promise<void> {
  // The catalogue has no column types: what is damaged in there may be no text.
  const { rows } = await sql<Record<keyof SchemaPart, unknown>>`${sql.raw(schemaQuery)}`.execute(db);
  const found = new Map(rows.map((part) => [part.name, part] as const));
  for (const { type, name, tbl_name: table, sql: statement } of expectedSchema()) {
    const part = found.get(name);
    if (part === undefined) report('database', `the ${type} ${name} is missing`);
    else if (part.type !== type || part.tbl_name !== table || part.sql !== statement)
      report('database', `the ${type} ${name} has an unexpected definition`);
    found.delete(name);
  }
  for (const { type, name } of found.values())
    report('database', `unexpected ${String(type)} ${quote(String(name))}`);
}

/**
 * The text of every event against its hash. Verifying the chain is not enough for that: there the columns beside the body
 * stand in for the same members of the body.
 */
async function checkBodies(db: Db, report: Report): Promise<void> {
  for (let after = 0; ;) {
    const rows = await db
      .selectFrom('events')
      .select(['seq', 'body', 'hash'])
      .where('seq', '>', after)
      .orderBy('seq')
      .limit(slice)
      .execute();
    if (rows.length === 0) return;
    for (const { seq, body, hash } of inOrder(rows, (row) => row.seq, { from: after, way: 'up' })) {
      after = seq;
      if (sha256Hex(body) !== hash) report(`event ${seq}`, 'its text does not match its hash');
    }
  }
}
