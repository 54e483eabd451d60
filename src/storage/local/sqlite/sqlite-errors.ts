import { MlregError } from '../../../core/errors.ts';
import { makeRoomHint } from '../blobs/fs-errors.ts';
import { restoreDatabase } from '../../sql/stored-json.ts';
import { sqliteCode } from './busy-retry.ts';

/** An error of SQLite as one of ours; any other error, including a bug, unchanged. */
export function asStoreError(error: unknown): unknown {
  const code = sqliteCode(error);
  if (code === undefined) return error;
  const details = { sqlite: code };
  if (/^SQLITE_(?:CORRUPT|NOTADB)/.test(code) || isForeignSchema(code, error)) {
    return new MlregError('INTEGRITY', `the registry's database is damaged (${code})`, {
      hint: restoreDatabase,
      details,
      cause: error,
    });
  }
  if (/^SQLITE_(?:FULL|IOERR_SHMSIZE)/.test(code))
    return storage('the disk is full', makeRoomHint, { ...details, full: true }, error);
  if (code.startsWith('SQLITE_READONLY'))
    return storage(
      'the registry is read-only',
      'use a registry on a writable disk: --registry DIR',
      details,
      error,
    );
  if (/^SQLITE_(?:IOERR|CANTOPEN|PERM|NOLFS|PROTOCOL)/.test(code)) {
    return storage(
      `the database file cannot be used (${code})`,
      'check the disk, and the owner and permissions of the registry',
      details,
      error,
    );
  }
  return error;
}

function storage(what: string, hint: string, details: Record<string, unknown>, cause: unknown): MlregError {
  return new MlregError('STORAGE', `nothing was changed: ${what}`, { hint, details, cause });
}

/**
 * Our statements match our schema and our rows. If one names something that does not exist, or
 * finds bytes instead of text, the database is damaged.
 */
function isForeignSchema(code: string, error: unknown): boolean {
  return (
    code === 'SQLITE_ERROR' &&
    /no such (?:table|column|index)|malformed|foreign key mismatch|JSON cannot hold BLOB/.test(
      (error as Error).message,
    )
  );
}
