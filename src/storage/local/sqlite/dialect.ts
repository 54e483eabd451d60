import {
  sql,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
  type Dialect,
  type Expression,
} from 'kysely';
import type { SpeaksDialect, SqlDialect } from '../../sql/dialect.ts';
import { checkPages, checkReferences, checkSchema } from './check-database.ts';
import { SqliteDriver, type DriverOptions } from './driver.ts';

/** By which the build compiles queries for it. */
export const sqliteName = 'sqlite';

/** Kysely on better-sqlite3. */
export function sqliteDialect(options: DriverOptions): Dialect {
  return {
    createAdapter: makeAdapter,
    createDriver: () => new SqliteDriver(options),
    createIntrospector: (db) => new SqliteIntrospector(db),
    createQueryCompiler: () => new SqliteQueryCompiler(),
  };
}

/** The class is made when it is needed, because Kysely's is loaded then. */
function makeAdapter(): SpeaksDialect {
  class Adapter extends SqliteAdapter implements SpeaksDialect {
    /** Otherwise Kysely starts no query while a transaction waits. */
    override get supportsMultipleConnections(): boolean {
      return true;
    }

    readonly sqlDialect: SqlDialect = {
      jsonArray: (...values) => sql`json_array(${sql.join(values)})`,
      jsonRows: (...values) => sql`json_group_array(json_array(${sql.join(values)}))`,
      jsonObject: (key, value) => sql`json_group_object(${key}, ${value})`,
      jsonText: member,
      jsonInteger: member,
      checks: [checkPages, checkReferences, checkSchema],
    };
  }
  return new Adapter();
}

/** SQLite returns a member with the type that it has in the JSON text. */
function member<T extends string | number | null>(json: Expression<string>, ...path: string[]) {
  const place = sql.lit(`$.${path.join('.')}`);
  return sql<T>`(case when json_valid(${json}) then json_extract(${json}, ${place}) end)`;
}
