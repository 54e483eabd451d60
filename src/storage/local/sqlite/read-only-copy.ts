import { accessSync, constants, statSync } from 'node:fs';
import { chmod, copyFile, readdir, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { MlregError } from '../../../core/errors.ts';
import { asStorageError } from '../blobs/fs-errors.ts';
import { makeScratchFolder } from '../../../files/scratch.ts';
import { sqliteCode } from './busy-retry.ts';

/** Why a database cannot be written, if free space is all that is missing. */
export const diskFull = 'its disk is full';

/**
 * A database in WAL mode needs files beside it: if they cannot be made, SQLite cannot even read it.
 * Returns why they cannot be made, or undefined if the error has another cause.
 */
export function whyUnwritable(error: unknown, path: string): string | undefined {
  const code = sqliteCode(error) ?? '';
  if (/^SQLITE_(?:FULL|IOERR_SHM)/.test(code)) return diskFull;
  if (!/^SQLITE_(?:CANTOPEN|READONLY)/.test(code)) return undefined;
  try {
    accessSync(dirname(path), constants.W_OK);
    return undefined;
  } catch {
    return 'it is read-only';
  }
}

export interface DatabaseCopy {
  path: string;
  remove: () => Promise<void>;
}

const attempts = 10;

/** A private copy of the database and its write-ahead log, both taken while neither changed. */
export async function copyDatabase(path: string): Promise<DatabaseCopy> {
  const folder = await makeScratchFolder('read');
  const remove = (): Promise<void> => rm(folder, { recursive: true, force: true });
  try {
    for (let attempt = 0; attempt < attempts; attempt += 1) {
      const before = look(path);
      await copyFile(path, join(folder, basename(path)));
      if (before.includes('wal')) await copyFile(`${path}-wal`, join(folder, `${basename(path)}-wal`));
      // The copies have the modes of the originals, and may have to be migrated.
      for (const name of await readdir(folder)) await chmod(join(folder, name), 0o600);
      if (look(path) === before) return { path: join(folder, basename(path)), remove };
    }
  } catch (error) {
    await remove();
    throw asStorageError(error, 'read the database of a read-only registry');
  }
  await remove();
  throw new MlregError('BUSY', 'the database kept changing while it was copied for reading', {
    hint: 'try again, or run as a user with write access to the registry',
  });
}

function look(path: string): string {
  const of = (file: string): string => {
    const stats = statSync(file, { bigint: true, throwIfNoEntry: false });
    return stats === undefined ? '' : `${stats.size}/${stats.mtimeNs}`;
  };
  const wal = of(`${path}-wal`);
  return `${of(path)}${wal === '' ? '' : ` wal ${wal}`}`;
}
