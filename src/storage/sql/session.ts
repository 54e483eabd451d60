import type { Kysely } from 'kysely';
import { slowClock } from '../../core/events/event.ts';
import type { Authorship } from '../events.ts';
import { refuseLost, type HeadKeeper } from '../head.ts';
import { openRows, type FixedQueryMeans, type Rows } from './fixed-query.ts';
import type { Tables } from './tables.ts';

type Db = Kysely<Tables>;

/**
 * How the methods of a store use its database: one statement, one consistent read, or one change.
 */
export interface Session {
  /** For reads of one statement. A function, so that Kysely is made when it is first needed. */
  db: () => Db;
  /** For reads of one statement whose text is fixed: see `fixed-queries.ts`. */
  rows: Rows;
  read: <T>(query: (trx: Db) => Promise<T>) => Promise<T>;
  /** INTEGRITY if the database is not the one that was written last. */
  change: <T>(make: (trx: Db) => Promise<T>) => Promise<T>;
  /** A change with an author, who is warned once if the clock is behind the chain. */
  write: <Input extends Authorship, T>(
    input: Input,
    make: (trx: Db, input: Input) => Promise<T>,
  ) => Promise<T>;
  /** Set for the database of a home. */
  head?: HeadKeeper | undefined;
}

/** A database as its adapter opens it. */
export interface SqlDatabase extends FixedQueryMeans {
  /** Begins transactions as `SqlDialect` describes. */
  readonly db: Db;
  head?: HeadKeeper | undefined;
}

export interface SessionOptions {
  /** Where the registry is, for messages. */
  place?: string | undefined;
  /** Called with warnings for the user who writes. */
  warn?: ((warning: string) => void) | undefined;
}

export function openSession(database: SqlDatabase, { place = '', warn }: SessionOptions): Session {
  const db = (): Db => database.db;
  const { head } = database;
  let warned = false;
  const change: Session['change'] = (make) =>
    db()
      .transaction()
      .execute(async (trx) => {
        if (head !== undefined) refuseLost(place, head.lockedState());
        return make(trx);
      });
  return {
    db,
    rows: openRows(database),
    head,
    read: (query) => db().transaction().setAccessMode('read only').execute(query),
    change,
    write: async (input, make) => {
      const [result, chain] = await change(async (trx) => [await make(trx, input), await lastTime(trx)]);
      const warning = warned ? undefined : slowClock(input.at, chain);
      if (warning !== undefined) {
        warned = true;
        warn?.(warning);
      }
      return result;
    },
  };
}

async function lastTime(db: Db): Promise<number> {
  const last = await db.selectFrom('events').select('at').orderBy('seq', 'desc').limit(1).executeTakeFirst();
  return last?.at ?? 0;
}
