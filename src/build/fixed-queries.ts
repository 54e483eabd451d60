import Database from 'better-sqlite3';
import type { Plugin } from 'esbuild';
import { Kysely } from 'kysely';
import * as fixedQueries from '../storage/sql/fixed-queries.ts';
import { compileFixed, type FixedQuery } from '../storage/sql/fixed-query.ts';
import { migrations } from '../storage/sql/migrations.ts';
import type { Tables } from '../storage/sql/tables.ts';
import { SqliteConnection } from '../storage/local/sqlite/connection.ts';
import { sqliteDialect, sqliteName } from '../storage/local/sqlite/dialect.ts';

/**
 * Replaces the fixed queries of the store by their texts, so that a command that runs no others
 * does without Kysely.
 */
export const compiledQueries: Plugin = {
  name: 'compiled-queries',
  setup(bundler) {
    bundler.onLoad({ filter: /\/storage\/sql\/fixed-queries\.ts$/ }, () => ({ contents: compiled() }));
  },
};

/** A bundle has no builders for another database than it was compiled for. */
const build = "const build = () => { throw new Error('a query is not compiled for this database'); };\n";

/** The queries as a module, in the SQL of every database that the command can open. */
function compiled(): string {
  const database = new Database(':memory:');
  try {
    for (const step of migrations) database.exec(step);
    const reader = new SqliteConnection(database, { waitMs: 0 });
    const db = new Kysely<Tables>({ dialect: sqliteDialect({ reader, writer: async () => reader }) });
    const queries = Object.entries(fixedQueries).map(([name, query]) => {
      const statement = compileFixed(db, query as FixedQuery<object, unknown>);
      // Throws if this is not SQL of the schema.
      database.prepare(statement.text);
      const texts = JSON.stringify({ [sqliteName]: statement });
      return `export const ${name} = { compiled: ${texts}, build };\n`;
    });
    return build + queries.join('');
  } finally {
    database.close();
  }
}
