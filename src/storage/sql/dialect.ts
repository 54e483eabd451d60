import type { DialectAdapter, Expression, Kysely, RawBuilder } from 'kysely';
import type { Tables } from './tables.ts';
import type { Check } from './verify/row-problem.ts';

/**
 * What differs between databases, where Kysely leaves the SQL to its caller. The rest of this
 * folder is SQL that every database understands, if its Kysely driver follows these rules:
 *
 * - A transaction keeps other writers out from its beginning, and sees what they committed. One
 *   that is `read only` never waits, and all of its statements see the same moment.
 * - Texts are compared and ordered by their UTF-8 bytes.
 * - Integers have 64 bits and are returned as numbers, bytes as `Uint8Array`.
 */
export interface SqlDialect {
  /** The text of a JSON array of these values. */
  readonly jsonArray: (...values: Expression<unknown>[]) => RawBuilder<string>;
  /**
   * Over all rows: the text of a JSON array that holds the `jsonArray` of each row, in any order.
   */
  readonly jsonRows: (...values: Expression<unknown>[]) => RawBuilder<string>;
  /** Over all rows: the text of a JSON object. */
  readonly jsonObject: (key: Expression<string>, value: Expression<string>) => RawBuilder<string>;
  /**
   * A member of a JSON text, by the names on the path to it; null if there is no such member, or
   * the text is not JSON.
   */
  readonly jsonText: (json: Expression<string>, ...path: string[]) => RawBuilder<string | null>;
  /** As `jsonText`, for an integer; any other value may be returned as null. */
  readonly jsonInteger: (json: Expression<string>, ...path: string[]) => RawBuilder<number | null>;
  /**
   * Each reports what the database finds wrong with its files, references between rows, or its
   * schema. If one fails, the next still runs: it may read other pages.
   */
  readonly checks: readonly Check[];
}

/** What our adapters add to Kysely's, so that every query can ask for its dialect. */
export interface SpeaksDialect extends DialectAdapter {
  readonly sqlDialect: SqlDialect;
}

export function dialectOf(db: Kysely<Tables>): SqlDialect {
  return (db.getExecutor().adapter as SpeaksDialect).sqlDialect;
}
