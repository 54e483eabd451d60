import Database from 'better-sqlite3';
import { Kysely } from 'kysely';
import { statSync } from 'node:fs';
import { dirname } from 'node:path';
import { isMlregError, MlregError } from '../../../core/errors.ts';
import { asStorageError, isErrno } from '../blobs/fs-errors.ts';
import { fileModes, sharingOf } from '../home/modes.ts';
import { readHead } from '../home/head-file.ts';
import type { Head } from '../../head.ts';
import { openLeases, type Leases } from '../../sql/leases.ts';
import { migrations } from '../../sql/migrations.ts';
import type { Tables } from '../../sql/tables.ts';
import { retryWhileBusy, type WaitOptions } from './busy-retry.ts';
import { headKeeper, type HeadKeeper } from './keep-head.ts';
import { tryLease } from './lease-file.ts';
import { copyDatabase, diskFull, whyUnwritable } from './read-only-copy.ts';
import { writeSnapshot } from './snapshot.ts';
import { sqliteDialect, type DialectOptions } from './sqlite-dialect.ts';
import { asStoreError } from './sqlite-errors.ts';
import { refuseUnsafeSqlite } from './sqlite-version.ts';

/** `application_id` of our databases: "mlrg" in ASCII. */
const applicationId = 0x6d6c7267;

/** Kept in the file, unlike all other settings, which are those of a connection. */
const logAhead = 'PRAGMA journal_mode = WAL;';

/** `synchronous` stands after the switch to WAL, and always: this build falls back to NORMAL there unless told. */
const settings = `
  PRAGMA synchronous = FULL;
  PRAGMA trusted_schema = OFF;
  PRAGMA cell_size_check = ON;
`;

export interface OpenSqliteOptions extends WaitOptions {
  path: string;
  /** Make the database if it is not there. */
  create: boolean;
  /**
   * Change nothing on disk, but for folding in what a process that was killed left in the write-ahead log: a database of an earlier schema is
   * brought up to date in a private copy, and refuses every change; one in another journal mode stays in it.
   */
  asIs?: boolean | undefined;
  /** It is the database of the home around it: see `HeadKeeper`. */
  ofHome?: boolean | undefined;
}

export interface OpenDatabase {
  db: Kysely<Tables>;
  /** Undefined in a database that is not initialized. */
  registryId: string | undefined;
  /** The schema of what is on disk. */
  schemaOnDisk: number;
  leases: Leases;
  /** Why every change is refused; absent: none is. */
  unwritable?: string | undefined;
  /** Of the database of a home. */
  head?: (() => HeadKeeper) | undefined;
  snapshot: (path: string) => Promise<void>;
  close: () => Promise<void>;
}

/**
 * Opens the database with the settings its durability depends on, and brings its schema up to date. On a medium that cannot
 * be written, a private copy serves for reading, and every change is refused with STORAGE.
 */
export async function openSqlite({
  path,
  create,
  asIs,
  ofHome,
  ...wait
}: OpenSqliteOptions): Promise<OpenDatabase> {
  checkFile(path, create);
  const toLook = asIs === true;
  const home = ofHome === true ? dirname(path) : undefined;
  let unwritable: string | undefined;
  try {
    const how = { create, setMode: !toLook, mayMigrate: !toLook };
    const { database, schema: found } = await openFile(path, how, wait);
    return asOpenDatabase(database, found, { ...wait, leasePath: `${path}-lease`, home });
  } catch (error) {
    unwritable = error instanceof EarlierSchema ? 'it was opened read-only' : undefined;
    if (unwritable === undefined && !create) unwritable = whyUnwritable(error, path);
    if (unwritable === undefined) throw asStoreError(error);
  }
  const noted = home === undefined ? undefined : { noted: headIfReadable(home) };
  const copy = await copyDatabase(path);
  try {
    const how = { create: false, setMode: !toLook, mayMigrate: true };
    const { database, schema: found } = await openFile(copy.path, how, wait);
    // Who frees space on a full disk must keep others from doing so at the same time; of another copy, nothing can be removed.
    const leasePath = `${unwritable === diskFull ? path : copy.path}-lease`;
    return asOpenDatabase(database, found, { ...wait, unwritable, leasePath, home, noted }, copy.remove);
  } catch (error) {
    await copy.remove();
    throw asStoreError(error);
  }
}

/** Of a copy that is only read, a head that this user may not read says nothing: reading goes on. */
function headIfReadable(home: string): Head | undefined {
  try {
    return readHead(home);
  } catch (error) {
    if (isMlregError(error, 'STORAGE')) return undefined;
    throw error;
  }
}

/** The id is read without Kysely, whose first query costs half a millisecond. */
function asOpenDatabase(
  database: Database.Database,
  schemaOnDisk: number,
  {
    leasePath,
    home,
    noted,
    ...options
  }: DialectOptions & {
    leasePath: string;
    home: string | undefined;
    noted?: { noted: Head | undefined } | undefined;
  },
  afterwards?: () => Promise<void>,
): OpenDatabase {
  const leaseMode = (): number => fileModes[sharingOf(dirname(leasePath))];
  const registryId = database.prepare('select id from registry').pluck().get();
  let keeper: HeadKeeper | undefined;
  // Reading needs none, and most commands only read.
  const head =
    home === undefined ? undefined : (): HeadKeeper => (keeper ??= headKeeper(database, home, noted));
  return {
    db: new Kysely<Tables>({ dialect: sqliteDialect(database, { ...options, head }) }),
    head,
    registryId: typeof registryId === 'string' ? registryId : undefined,
    schemaOnDisk,
    unwritable: options.unwritable,
    leases: openLeases({ ...options, attempt: () => tryLease(leasePath, leaseMode()) }),
    snapshot: (path) => writeSnapshot(database, path, options),
    close: async () => {
      database.close();
      await afterwards?.();
    },
  };
}

/** A database that must be left as it is would have to be changed. */
class EarlierSchema extends Error {}

async function openFile(
  path: string,
  { create, setMode, mayMigrate }: { create: boolean; setMode: boolean; mayMigrate: boolean },
  wait: WaitOptions,
): Promise<{ database: Database.Database; schema: number }> {
  const database = new Database(path, { timeout: 50, fileMustExist: !create });
  try {
    // A prepared statement reads the schema, so even this can meet a lock.
    await retryWhileBusy(() => checkLibrary(database), wait);
    await retryWhileBusy(() => checkSchema(database), wait);
    await retryWhileBusy(() => database.exec(setMode ? logAhead + settings : settings), wait);
    const schema = schemaOf(database);
    if (schema < migrations.length) {
      if (!mayMigrate) throw new EarlierSchema();
      // A step that makes a table anew must not touch the rows that name it; within a transaction the pragma does nothing.
      database.pragma('foreign_keys = OFF');
      await retryWhileBusy(() => migrate(database), wait);
    }
    database.pragma('foreign_keys = ON');
    return { database, schema };
  } catch (error) {
    database.close();
    throw error;
  }
}

function checkFile(path: string, create: boolean): void {
  try {
    const { size } = statSync(path);
    // SQLite takes a zero-length file for a new database; here it means that the registry's rows are gone.
    if (size > 0 || create) return;
  } catch (error) {
    if (!isErrno(error, 'ENOENT')) throw asStorageError(error, `stat ${path}`);
    if (create) return;
  }
  throw new MlregError('INTEGRITY', `the registry's database ${path} is missing or empty`, {
    hint: 'restore mlreg.db from a backup; the artifacts in blobs/ are not affected',
  });
}

function checkLibrary(database: Database.Database): void {
  refuseUnsafeSqlite(String(database.prepare('select sqlite_version()').pluck().get()));
}

function schemaOf(database: Database.Database): number {
  return Number(database.pragma('user_version', { simple: true }));
}

/** Refuses what is not ours, or newer than we know, before anything is written. */
function checkSchema(database: Database.Database): void {
  const schema = schemaOf(database);
  if (schema > migrations.length) {
    throw new MlregError(
      'INVALID_INPUT',
      `the registry's database has schema ${schema}; this mlreg supports ${migrations.length}`,
      {
        hint: 'upgrade mlreg; nothing was changed',
      },
    );
  }
  const id = Number(database.pragma('application_id', { simple: true }));
  if (id === applicationId) return;
  const tables = Number(database.prepare('select count(*) from sqlite_schema').pluck().get());
  if (id === 0 && schema === 0 && tables === 0) return;
  throw new MlregError('INTEGRITY', 'mlreg.db is not an mlreg database', {
    hint: 'restore mlreg.db from a backup, or use another registry: --registry DIR',
  });
}

/** Under the write lock, so that of many first runs one migrates and the rest find it done. */
function migrate(database: Database.Database): void {
  database
    .transaction(() => {
      checkSchema(database);
      for (const step of migrations.slice(schemaOf(database))) database.exec(step);
      const dangling = database.pragma('foreign_key_check') as { table: string; parent: string }[];
      if (dangling[0] !== undefined) {
        const { table, parent } = dangling[0];
        throw new MlregError(
          'INTEGRITY',
          `a row of ${table} refers to a missing row of ${parent}, so the registry was not upgraded`,
          { hint: 'nothing was changed: restore mlreg.db from a backup' },
        );
      }
      database.pragma(`application_id = ${applicationId}`);
      database.pragma(`user_version = ${migrations.length}`);
    })
    .immediate();
}
