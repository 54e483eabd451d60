import { statSync } from 'node:fs';
import Database from 'better-sqlite3';
import { MlregError } from '../../../core/errors.ts';
import { migrations } from '../../sql/migrations.ts';
import { asStorageError, isErrno } from '../blobs/fs-errors.ts';
import { type WaitOptions, retryWhileBusy } from './busy-retry.ts';
import { checkSchema, migrate, schemaOf } from './migrate.ts';

/** Kept in the file, unlike all other settings, which belong to a connection. */
const logAhead = 'PRAGMA journal_mode = WAL;';

/**
 * `synchronous` comes after the switch to WAL, and is always set: without it this build of SQLite
 * uses NORMAL in WAL mode.
 */
const settings = `
  PRAGMA synchronous = FULL;
  PRAGMA trusted_schema = OFF;
  PRAGMA cell_size_check = ON;
`;

/** Opening would have to change a database that must not be changed. */
export class EarlierSchema extends Error {}

export interface OpenFile {
  database: Database.Database;
  /** The schema that was found, before the migration. */
  schema: number;
}

export interface HowToOpen {
  create: boolean;
  setMode: boolean;
  mayMigrate: boolean;
  /** How long SQLite itself waits for a lock, in milliseconds, which blocks this process. */
  timeout?: number;
}

/**
 * Opens a database with the settings that its durability depends on. SQLite's errors are thrown
 * unchanged.
 */
export async function openFile(
  path: string,
  { create, setMode, mayMigrate, timeout = 50 }: HowToOpen,
  wait: WaitOptions,
): Promise<OpenFile> {
  const database = new Database(path, { timeout, fileMustExist: !create });
  try {
    // A prepared statement reads the schema, so even this can wait for a lock.
    await retryWhileBusy(() => checkLibrary(database), wait);
    await retryWhileBusy(() => checkSchema(database), wait);
    await retryWhileBusy(() => database.exec(setMode ? logAhead + settings : settings), wait);
    const schema = schemaOf(database);
    if (schema < migrations.length) {
      if (!mayMigrate) throw new EarlierSchema();
      // A step that rebuilds a table must not touch the rows that refer to it; within a transaction
      // the pragma does nothing.
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

/**
 * The file that a path leads to; undefined if `mayBeMissing` and it is missing or empty. INTEGRITY
 * if it has no rows.
 */
export function fileAt(path: string, { mayBeMissing }: { mayBeMissing: boolean }): string | undefined {
  try {
    const { size, dev, ino } = statSync(path, { bigint: true });
    if (size > 0) return `${dev}:${ino}`;
  } catch (error) {
    if (!isErrno(error, 'ENOENT')) throw asStorageError(error, `stat ${path}`);
  }
  if (mayBeMissing) return undefined;
  // SQLite takes a zero-length file for a new database; here it means that the registry's rows are
  // gone.
  throw new MlregError('INTEGRITY', `the registry's database ${path} is missing or empty`, {
    hint: 'restore mlreg.db from a backup; the artifacts in blobs/ are not affected',
  });
}

function checkLibrary(database: Database.Database): void {
  refuseUnsafeSqlite(String(database.prepare('select sqlite_version()').pluck().get()));
}

/** Older libraries can corrupt a WAL that several processes use (sqlite.org, "WAL-reset bug"). */
const oldestSafe = [3, 51, 3];

/**
 * STORAGE if the SQLite library's version, such as `3.51.2`, is too old to be safe for a registry.
 */
export function refuseUnsafeSqlite(version: string): void {
  const numbers = version.split('.').map(Number);
  for (const [index, oldest] of oldestSafe.entries()) {
    const number = numbers[index] ?? 0;
    if (number > oldest) return;
    if (number < oldest) {
      throw new MlregError(
        'STORAGE',
        `SQLite ${version} has a bug that can corrupt a database used by several processes`,
        {
          hint: `install better-sqlite3 with SQLite ${oldestSafe.join('.')} or newer: npm install`,
        },
      );
    }
  }
}
