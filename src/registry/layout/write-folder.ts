import { constants } from 'node:fs';
import { mkdir, open } from 'node:fs/promises';
import { join } from 'node:path';
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
  for (const folder of folders.toReversed()) await syncNames(join(place, folder));
};

/** Makes the names in a folder durable. Windows cannot open folders and needs no such call. */
export async function syncNames(path: string): Promise<void> {
  if (process.platform === 'win32') return;
  const folder = await open(path, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
