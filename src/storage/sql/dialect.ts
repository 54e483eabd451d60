import type { DialectAdapter, Expression, Kysely, RawBuilder } from 'kysely';
import type { Tables } from './tables.ts';
import type { Check } from './verify/row-problem.ts';

/**
 * What each database says in its own way, where Kysely leaves the SQL to its caller. The rest of
 * this folder is SQL that every database understands, as long as its Kysely driver keeps to this:
 *
 * - A transaction keeps other writers out from its beginning, and sees what they committed. One
 *   that is `read only` waits for nobody, and all of its statements see one moment.
 * - Texts are equal, and ordered, by their UTF-8 bytes.
 * - Integers have 64 bits and come back as numbers, bytes as `Uint8Array`.
 */
export interface SqlDialect {
  /** The text of a JSON array of these values. */
  readonly jsonArray: (...values: Expression<unknown>[]) => RawBuilder<string>;
  /** Over all rows: the text of a JSON array that holds `jsonArray` of each, in any order. */
  readonly jsonRows: (...values: Expression<unknown>[]) => RawBuilder<string>;
  /** Over all rows: the text of a JSON object. */
  readonly jsonObject: (key: Expression<string>, value: Expression<string>) => RawBuilder<string>;
  /** A member of a JSON text, by the names that lead to it; null: no such member, or no JSON. */
  readonly jsonText: (json: Expression<string>, ...path: string[]) => RawBuilder<string | null>;
  /** As `jsonText`, of a number that is whole; any other value may be taken for null. */
  readonly jsonInteger: (json: Expression<string>, ...path: string[]) => RawBuilder<number | null>;
  /**
   * Each reports what the database finds wrong with its files, references between rows, or its
   * schema. Where one fails, the next is made all the same: it may read other pages.
   */
  readonly checks: readonly Check[];
}

/**
 * What Kysely's adapter for a database has in addition here, so that every query can ask for it.
 */
export interface SpeaksDialect extends DialectAdapter {
  readonly sqlDialect: SqlDialect;
}

export function dialectOf(db: Kysely<Tables>): SqlDialect {
  return (db.getExecutor().adapter as SpeaksDialect).sqlDialect;
}
