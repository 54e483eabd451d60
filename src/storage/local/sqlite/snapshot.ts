import { chmod } from 'node:fs/promises';
import { syncFile } from '../../../files/fsync.ts';
import { guarded } from '../blobs/fs-errors.ts';
import type { SqliteConnection } from './connection.ts';

/**
 * Writes the database into a new file, in one statement and therefore as of one moment; writers
 * continue in the write-ahead log. SQLite's online backup would restart whenever another process
 * writes. SQLite does not sync the new file: sqlite.org, VACUUM INTO.
 */
export async function writeSnapshot(connection: SqliteConnection, path: string): Promise<void> {
  await connection.alone((database) => void database.prepare('vacuum into ?').run(path));
  await guarded(`write ${path}`, async () => {
    await chmod(path, 0o600);
    await syncFile(path);
  });
}
