import type Database from 'better-sqlite3';
import {
  CompiledQuery,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  type QueryResult,
  type TransactionSettings,
} from 'kysely';
import { MlregError } from '../../../core/errors.ts';
import type { HeadKeeper } from './keep-head.ts';
import { retryWhileBusy, type WaitOptions } from './busy-retry.ts';
import { makeRoomHint } from '../blobs/fs-errors.ts';
import { diskFull } from './read-only-copy.ts';
import { asStoreError } from './sqlite-errors.ts';

export interface DialectOptions extends WaitOptions {
  /** Why every change is refused: this is a copy of a database that cannot be written. */
  unwritable?: string | undefined;
  /** What notes the last event after each transaction that may have written one. */
  head?: (() => HeadKeeper) | undefined;
}

/**
 * Kysely on one better-sqlite3 connection. Kysely's own driver begins transactions as readers, which lose their
 * update to any writer in between (SQLITE_BUSY_SNAPSHOT, whatever the timeout), and lets two callers of one process
 * share a transaction. Here a transaction takes the write lock first, unless it is `read only`, and callers queue.
 */
export function sqliteDialect(database: Database.Database, options: DialectOptions): Dialect {
  return {
    createAdapter: () => new SqliteAdapter(),
    createDriver: () => new ImmediateDriver(database, options),
    createIntrospector: (db) => new SqliteIntrospector(db),
    createQueryCompiler: () => new SqliteQueryCompiler(),
  };
}

class ImmediateDriver implements Driver {
  readonly #connection: SqliteConnection;
  readonly #database: Database.Database;
  readonly #options: DialectOptions;
  #queue: Promise<void> = Promise.resolve();
  #release: (() => void) | undefined;
  #writes = false;

  constructor(database: Database.Database, options: DialectOptions) {
    this.#database = database;
    this.#options = options;
    this.#connection = new SqliteConnection(database, options);
  }

  async init(): Promise<void> {}

  async acquireConnection(): Promise<DatabaseConnection> {
    const before = this.#queue;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#queue = promise;
    await before;
    this.#release = resolve;
    return this.#connection;
  }

  async releaseConnection(): Promise<void> {
    this.#release?.();
  }

  async beginTransaction(_connection: DatabaseConnection, settings: TransactionSettings): Promise<void> {
    const reads = settings.accessMode === 'read only';
    if (this.#options.unwritable !== undefined && !reads) {
      throw new MlregError(
        'STORAGE',
        `cannot write to the registry: ${this.#options.unwritable}; nothing was changed`,
        {
          hint:
            this.#options.unwritable === diskFull
              ? makeRoomHint
              : 'use a registry on a writable disk: --registry DIR',
          ...(this.#options.unwritable === diskFull ? { details: { full: true } } : {}),
        },
      );
    }
    await this.#connection.run(reads ? 'begin deferred' : 'begin immediate');
    this.#writes = !reads;
  }

  async commitTransaction(): Promise<void> {
    await this.#connection.run('commit');
    this.#noteHead();
  }

  async rollbackTransaction(): Promise<void> {
    // Past the wait for others, which an abort ends: no abort may leave the write lock taken. SQLite has rolled back by
    // itself after a full disk or an I/O error.
    if (this.#database.inTransaction) this.#database.exec('rollback');
    this.#noteHead();
  }

  /** Also after a transaction without an event: others left the note to whoever had the lock. */
  #noteHead(): void {
    if (this.#writes) this.#options.head?.().update();
    this.#writes = false;
  }

  /** Kysely calls this only if it ran a query: whoever opened the database closes it. */
  async destroy(): Promise<void> {}
}

class SqliteConnection implements DatabaseConnection {
  readonly #database: Database.Database;
  readonly #wait: WaitOptions;
  readonly #statements = new Map<string, Database.Statement>();

  constructor(database: Database.Database, wait: WaitOptions) {
    this.#database = database;
    this.#wait = wait;
  }

  async run(sql: string): Promise<void> {
    await this.executeQuery(CompiledQuery.raw(sql));
  }

  async executeQuery<Row>({ sql, parameters }: CompiledQuery): Promise<QueryResult<Row>> {
    try {
      return await retryWhileBusy(() => this.#execute<Row>(sql, parameters), this.#wait);
    } catch (error) {
      throw asStoreError(error);
    }
  }

  streamQuery(): AsyncIterableIterator<never> {
    throw new Error('read in slices: a stream would keep the one connection for itself');
  }

  #execute<Row>(sql: string, parameters: readonly unknown[]): QueryResult<Row> {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = this.#database.prepare(sql);
      this.#statements.set(sql, statement);
    }
    if (statement.reader) return { rows: statement.all(...parameters) as Row[] };
    const { changes, lastInsertRowid } = statement.run(...parameters);
    return { rows: [], numAffectedRows: BigInt(changes), insertId: BigInt(lastInsertRowid) };
  }
}
