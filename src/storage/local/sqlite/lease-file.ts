import Database from 'better-sqlite3';
import { closeSync, constants, fchmodSync, openSync } from 'node:fs';
import { asStorageError, isErrno } from '../blobs/fs-errors.ts';
import type { Lease } from '../../collection.ts';
import { isBusy } from './busy-retry.ts';
import { asStoreError } from './sqlite-errors.ts';

/**
 * Tries once to lock the file `path`; undefined if another process has the lock. It is a lock of
 * the operating system, taken by SQLite on an empty database: it ends with its process, even if a
 * later process gets the same id, and it works across containers.
 */
export function tryLease(path: string, mode: number): Lease | undefined {
  makeFile(path, mode);
  let database: Database.Database | undefined;
  try {
    database = new Database(path, { timeout: 0, fileMustExist: true });
    // Nothing is written, so there is nothing to roll back, and no journal file should be left.
    database.pragma('journal_mode = memory');
    database.exec('begin exclusive');
  } catch (error) {
    database?.close();
    if (isBusy(error)) return undefined;
    throw asStoreError(error);
  }
  const held = database;
  return { release: async () => void held.close() };
}

/** Never opens an existing file: closing it would release a lock that this process has on it. */
function makeFile(path: string, mode: number): void {
  try {
    const file = openSync(path, constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY, mode);
    fchmodSync(file, mode);
    closeSync(file);
  } catch (error) {
    if (!isErrno(error, 'EEXIST')) throw asStorageError(error, `create ${path}`);
  }
}
