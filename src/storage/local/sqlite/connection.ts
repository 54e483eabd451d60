import type Database from 'better-sqlite3';
import type { CompiledQuery, QueryResult } from 'kysely';
import { retryWhileBusy, type WaitOptions } from './busy-retry.ts';
import { asStoreError } from './sqlite-errors.ts';

/** A better-sqlite3 connection whose users take turns, so that no two share a transaction. */
export class SqliteConnection {
  readonly database: Database.Database;
  readonly #wait: WaitOptions;
  readonly #statements = new Map<string, Database.Statement>();
  #last: Promise<void> = Promise.resolve();

  constructor(database: Database.Database, wait: WaitOptions) {
    this.database = database;
    this.#wait = wait;
  }

  /** Resolves when all earlier turns have ended, with a function that ends this turn. */
  async takeTurn(): Promise<() => void> {
    const before = this.#last;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#last = promise;
    await before;
    return resolve;
  }

  /**
   * The result of `use`, run in its own turn and repeated while SQLite reports busy. SQLite's
   * errors are thrown as ours.
   */
  async alone<T>(use: (database: Database.Database) => T): Promise<T> {
    const endTurn = await this.takeTurn();
    try {
      return await this.#retry(() => use(this.database));
    } finally {
      endTurn();
    }
  }

  /** The caller must have the turn. */
  async execute<Row>({
    sql,
    parameters,
  }: Pick<CompiledQuery, 'sql' | 'parameters'>): Promise<QueryResult<Row>> {
    return this.#retry(() => this.#execute<Row>(sql, parameters));
  }

  /** Prepared once per connection. */
  prepare(sql: string): Database.Statement {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = this.database.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }

  async #retry<T>(attempt: () => T): Promise<T> {
    try {
      return await retryWhileBusy(attempt, this.#wait);
    } catch (error) {
      throw asStoreError(error);
    }
  }

  #execute<Row>(sql: string, parameters: readonly unknown[]): QueryResult<Row> {
    const statement = this.prepare(sql);
    if (statement.reader) return { rows: statement.all(...parameters) as Row[] };
    const { changes, lastInsertRowid } = statement.run(...parameters);
    return { rows: [], numAffectedRows: BigInt(changes), insertId: BigInt(lastInsertRowid) };
  }
}
