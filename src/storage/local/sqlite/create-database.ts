import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, link, opendir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { quote } from '../../../core/text/quote.ts';
import { syncFolder } from '../../../files/fsync.ts';
import { restorePassingFolders } from '../blobs/blob-folders.ts';
import { asStorageError, isErrno } from '../blobs/fs-errors.ts';
import { fileModes, sharingOf } from '../home/modes.ts';
import { initializeRegistry } from '../../sql/initialize.ts';
import type { WaitOptions } from './busy-retry.ts';
import { openSqlite } from './open-sqlite.ts';

export interface NewDatabase extends WaitOptions {
  id: string;
  stages: readonly string[];
  actor: string;
  /** Epoch milliseconds. */
  at: number;
}

/**
 * Makes a registry's database under a temporary name, complete and closed, and links it to its
 * final name: no process ever sees an incomplete one. Returns the registry's id, which differs from
 * `id` if another process was first.
 */
export async function createDatabase(
  home: string,
  { id, stages, actor, at, ...wait }: NewDatabase,
): Promise<string> {
  const path = join(home, 'mlreg.db');
  const draft = join(home, 'tmp', `${randomUUID()}.db`);
  await restorePassingFolders(home);
  try {
    const { db, close } = await openSqlite({ path: draft, create: true, ...wait });
    try {
      await initializeRegistry(db, { id, stages, actor, at });
    } finally {
      // Closing folds the write-ahead log into the file and syncs it.
      await close();
    }
    // SQLite gives the files that it makes beside a database the same mode.
    await chmod(draft, fileModes[sharingOf(home)]);
    await link(draft, path);
    await syncFolder(home);
    return id;
  } catch (error) {
    if (!isErrno(error, 'EEXIST')) throw error;
  } finally {
    for (const suffix of ['', '-wal', '-shm']) await rm(draft + suffix, { force: true });
  }
  const { registryId, close } = await openSqlite({ path, create: false, ...wait });
  await close();
  return registryId ?? id;
}

/**
 * Whether the database is missing and no blobs depend on its rows, so that a new one may be made. A
 * registry with blobs whose database is gone must not come back as an empty one.
 */
export async function lacksOnlyDatabase(home: string): Promise<boolean> {
  // A write-ahead log without its database holds the remaining rows. Beside a new database, SQLite
  // would replay it.
  if (existsSync(join(home, 'mlreg.db')) || existsSync(join(home, 'mlreg.db-wal'))) return false;
  // The missing database had changes.
  if (existsSync(join(home, 'head'))) return false;
  try {
    for await (const _entry of await opendir(join(home, 'blobs', 'sha256'))) return false;
    return true;
  } catch (error) {
    throw asStorageError(error, `read ${quote(home)}`);
  }
}
