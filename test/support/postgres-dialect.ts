import { PGliteAdapter, PGliteDialect, sql, type Expression } from 'kysely';
import type { SpeaksDialect, SqlDialect } from '../../src/storage/sql/dialect.ts';

/** PostgreSQL's words for those in which the steps of the schema are written. */
const words: [said: RegExp, meant: string][] = [
  [/\bid INTEGER PRIMARY KEY\b/g, 'id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY'],
  [/\bINTEGER\b/g, 'bigint'],
  [/\bTEXT\b/g, 'text COLLATE "C"'],
  [/\bBLOB\b/g, 'bytea'],
  [/\) STRICT;/g, ');'],
];

/** A step of the schema, as PostgreSQL takes it. */
export function inPostgres(step: string): string {
  return words.reduce((text, [said, meant]) => text.replaceAll(said, meant), step);
}

/** Kysely on PGlite, with what the store asks of PostgreSQL besides. */
export class PostgresDialect extends PGliteDialect {
  override createAdapter(): SpeaksDialect {
    return new Adapter();
  }
}

class Adapter extends PGliteAdapter implements SpeaksDialect {
  readonly sqlDialect: SqlDialect = {
    jsonArray: (...values) => sql`json_build_array(${sql.join(values)})::text`,
    jsonRows: (...values) => sql`coalesce(json_agg(json_build_array(${sql.join(values)})), '[]')::text`,
    jsonObject: (key, value) => sql`coalesce(json_object_agg(${key}, ${value}), '{}')::text`,
    jsonText: (json, ...path) => sql`(case when ${json} is json then ${textAt(json, path)} end)`,
    jsonInteger: (json, ...path) =>
      sql`(case when ${json} is json and ${textAt(json, path)} ~ '^-?[0-9]{1,18}$' then ${textAt(json, path)}::bigint end)`,
    // Rows that refer to nothing, and texts that are none, are refused when they are written.
    checks: [],
  };
}

function textAt(json: Expression<string>, path: readonly string[]) {
  return sql<string | null>`(${json}::json #>> ${sql.lit(`{${path.join(',')}}`)})`;
}
