import Database from 'better-sqlite3';
import { closeSync, constants, fchmodSync, openSync } from 'node:fs';
import { asStorageError, isErrno } from '../blobs/fs-errors.ts';
import type { Lease } from '../../collection.ts';
import { isBusy } from './busy-retry.ts';
import { asStoreError } from './sqlite-errors.ts';

/**
 * Tries to take the lock on the file `path`, once; undefined where another has it. The lock is the
 * operating system's, taken by SQLite on an empty database: when its process is gone it is gone
 * too, whatever number a later process gets, and in whichever container it runs.
 */
export function tryLease(path: string, mode: number): Lease | undefined {
  makeFile(path, mode);
  let database: Database.Database | undefined;
  try {
    database = new Database(path, { timeout: 0, fileMustExist: true });
    // Nothing is written, so nothing is to be taken back: no journal is to lie about.
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

/**
 * Never opens a file that is there: closing it again would end a lock on it that this process has.
 */
function makeFile(path: string, mode: number): void {
  try {
    const file = openSync(path, constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY, mode);
    fchmodSync(file, mode);
    closeSync(file);
  } catch (error) {
    if (!isErrno(error, 'EEXIST')) throw asStorageError(error, `create ${path}`);
  }
}
