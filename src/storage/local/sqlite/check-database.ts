import Database from 'better-sqlite3';
import { sql, type Kysely } from 'kysely';
import { quote } from '../../../core/text/quote.ts';
import { migrations } from '../../sql/migrations.ts';
import type { Tables } from '../../sql/tables.ts';
import type { Report } from '../../sql/verify/row-problem.ts';

type Db = Kysely<Tables>;

/** SQLite's own check of pages, indexes and types. */
export async function checkPages(db: Db, report: Report): Promise<void> {
  const pages = await sql<{ integrity_check: string }>`pragma integrity_check`.execute(db);
  for (const { integrity_check: found } of pages.rows) if (found !== 'ok') report('database', found);
}

export async function checkReferences(db: Db, report: Report): Promise<void> {
  const references = await sql<{ table: string; parent: string }>`pragma foreign_key_check`.execute(db);
  for (const { table, parent } of references.rows)
    report('database', `a row of ${table} refers to a missing row of ${parent}`);
}

/**
 * A table, index, view or trigger, the table that it belongs to, and the statement that made it;
 * null if SQLite made it for a constraint.
 */
interface SchemaPart {
  type: string;
  name: string;
  tbl_name: string;
  sql: string | null;
}

/** Everything except the statistics that SQLite may keep for itself. */
const schemaQuery = `SELECT type, name, tbl_name, sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite\\_stat%' ESCAPE '\\'`;

/**
 * Compares the statements that made tables and indexes: SQLite does not report a damaged name in
 * them.
 */
export async function checkSchema(db: Db, report: Report): Promise<void> {
  // The catalogue has no column types: a damaged value in it may not be text.
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

/** The schema that the migrations give an empty database. */
function expectedSchema(): SchemaPart[] {
  const database = new Database(':memory:');
  try {
    for (const step of migrations) database.exec(step);
    return database.prepare(schemaQuery).all() as SchemaPart[];
  } finally {
    database.close();
  }
}
