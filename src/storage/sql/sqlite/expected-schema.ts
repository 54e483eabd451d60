import Database from 'better-sqlite3';
import { migrations } from '../migrations.ts';

/** A table, index, view or trigger, with the statement that made it. */
export interface SchemaPart {
  type: string;
  name: string;
  sql: string;
}

/** Without what SQLite makes by itself. */
export const schemaQuery = `SELECT type, name, sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite\\_%' ESCAPE '\\'`;

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
