import type { CompiledQuery, DatabaseConnection, Driver, QueryResult, TransactionSettings } from 'kysely';
import { MlregError } from '../../../core/errors.ts';
import { makeRoomHint } from '../blobs/fs-errors.ts';
import type { SqliteConnection } from './connection.ts';
import { diskFull } from './read-only-copy.ts';

export interface DriverOptions {
  /** The connection for every statement outside of a change. */
  reader: SqliteConnection;
  /**
   * The connection for changes: the same one, or a separate one that is opened when it is first
   * needed.
   */
  writer: () => Promise<SqliteConnection>;
  /** Why every change is refused: this is a copy of a database that cannot be written. */
  unwritable?: string | undefined;
  /** Called after each transaction that may have changed something, when the lock is released. */
  afterChange?: ((writer: SqliteConnection) => void) | undefined;
}

/**
 * Kysely's own driver begins transactions as readers, which lose their update to any writer in
 * between (SQLITE_BUSY_SNAPSHOT, whatever the timeout), and lets two callers of one process share a
 * transaction. Here a transaction takes the write lock first, unless it is `read only`. Changes
 * queue for one connection and reads for another, so that no read waits for a change that is itself
 * waiting.
 */
export class SqliteDriver implements Driver {
  readonly #options: DriverOptions;

  constructor(options: DriverOptions) {
    this.#options = options;
  }

  async init(): Promise<void> {}

  async acquireConnection(): Promise<Session> {
    return new Session(this.#options);
  }

  async releaseConnection(session: Session): Promise<void> {
    session.end();
  }

  async beginTransaction(session: Session, { accessMode }: TransactionSettings): Promise<void> {
    if (accessMode === 'read only') return session.beginRead();
    const { unwritable } = this.#options;
    if (unwritable !== undefined) throw refused(unwritable);
    return session.beginChange();
  }

  async commitTransaction(session: Session): Promise<void> {
    return session.commit();
  }

  async rollbackTransaction(session: Session): Promise<void> {
    session.rollback();
  }

  /** Kysely calls this only if it ran a query, so the code that opened the database closes it. */
  async destroy(): Promise<void> {}
}

/**
 * What Kysely uses as a connection. The actual connection is chosen when the first statement
 * arrives.
 */
class Session implements DatabaseConnection {
  readonly #options: DriverOptions;
  #held: { connection: SqliteConnection; endTurn: () => void; changes: boolean } | undefined;

  constructor(options: DriverOptions) {
    this.#options = options;
  }

  async executeQuery<Row>(query: CompiledQuery): Promise<QueryResult<Row>> {
    const { connection } = this.#held ?? (await this.#hold(this.#options.reader, false));
    return connection.execute<Row>(query);
  }

  streamQuery(): AsyncIterableIterator<never> {
    throw new Error('read in slices: a stream would keep the connection for itself');
  }

  async beginRead(): Promise<void> {
    const { connection } = await this.#hold(this.#options.reader, false);
    await connection.execute({ sql: 'begin deferred', parameters: [] });
  }

  async beginChange(): Promise<void> {
    const { connection } = await this.#hold(await this.#options.writer(), true);
    await connection.execute({ sql: 'begin immediate', parameters: [] });
  }

  async commit(): Promise<void> {
    await this.#held?.connection.execute({ sql: 'commit', parameters: [] });
    this.#afterChange();
  }

  rollback(): void {
    // Not the wait for other writers, which an abort ends: an abort must not leave the write lock
    // taken. After a full disk or an I/O error SQLite has already rolled back by itself.
    const database = this.#held?.connection.database;
    if (database?.inTransaction === true) database.exec('rollback');
    this.#afterChange();
  }

  end(): void {
    this.#held?.endTurn();
    this.#held = undefined;
  }

  async #hold(connection: SqliteConnection, changes: boolean) {
    this.end();
    this.#held = { connection, endTurn: await connection.takeTurn(), changes };
    return this.#held;
  }

  /**
   * Also after a transaction without an event: other processes leave updating the note to the
   * process that has the lock.
   */
  #afterChange(): void {
    if (this.#held?.changes === true) this.#options.afterChange?.(this.#held.connection);
  }
}

function refused(unwritable: string): MlregError {
  const isFull = unwritable === diskFull;
  return new MlregError('STORAGE', `cannot write to the registry: ${unwritable}; nothing was changed`, {
    hint: isFull ? makeRoomHint : 'use a registry on a writable disk: --registry DIR',
    ...(isFull ? { details: { full: true } } : {}),
  });
}
