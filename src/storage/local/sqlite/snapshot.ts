import type Database from 'better-sqlite3';
import { chmod } from 'node:fs/promises';
import { guarded } from '../blobs/fs-errors.ts';
import { syncFile } from '../../../files/fsync.ts';
import { retryWhileBusy, type WaitOptions } from './busy-retry.ts';
import { asStoreError } from './sqlite-errors.ts';

/**
 * Writes the database into a new file, in one statement and so of one moment; writers go on in the write-ahead log. SQLite's online backup
 * would begin again whenever another process writes. It does not sync such a file: sqlite.org, VACUUM INTO.
 */
export async function writeSnapshot(
  database: Database.Database,
  path: string,
  wait: WaitOptions,
): Promise<void> {
  try {
    await retryWhileBusy(() => database.prepare('vacuum into ?').run(path), wait);
  } catch (error) {
    throw asStoreError(error);
  }
  await guarded(`write ${path}`, async () => {
    await chmod(path, 0o600);
    await syncFile(path);
  });
}
