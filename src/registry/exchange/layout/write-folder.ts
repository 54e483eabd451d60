import { mkdir, open } from 'node:fs/promises';
import { join } from 'node:path';
import { syncFolder } from '../../../files/fsync.ts';
import type { WriteLayout } from './layout-entry.ts';
import { copy } from './write-tar.ts';

const folders = ['', 'blobs', 'blobs/sha256'];

/** Writes a layout as a folder, durably. */
export const writeFolder: WriteLayout = async (place, entries, onBytes) => {
  for (const folder of folders) await mkdir(join(place, folder), 0o755);
  for (const { path, content } of entries) {
    const file = await open(join(place, path), 'wx', 0o644);
    try {
      await copy(file, content(), onBytes);
      await file.sync();
    } finally {
      await file.close();
    }
  }
  for (const folder of folders.toReversed()) await syncFolder(join(place, folder));
};
