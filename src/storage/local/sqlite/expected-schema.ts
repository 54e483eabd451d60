import Database from 'better-sqlite3';
import { migrations } from '../../sql/migrations.ts';

/** A table, index, view or trigger, what it is of, and the statement that made it; null: SQLite made it for a constraint. */
export interface SchemaPart {
  type: string;
  name: string;
  tbl_name: string;
  sql: string | null;
}

/** All but the statistics, which SQLite may keep for itself. */
export const schemaQuery = `SELECT type, name, tbl_name, sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite\\_stat%' ESCAPE '\\'`;

/** What the steps of the schema make of an empty database. */
export function expectedSchema(): SchemaPart[] {
  const database = new Database(':memory:');
  try {
    for (const step of migrations) database.exec(step);
    return database.prepare(schemaQuery).all() as SchemaPart[];
  } finally {
    database.close();
  }
}
