import { open, type FileHandle } from 'node:fs/promises';
import type { WriteLayout } from './layout-entry.ts';
import { endOfArchive, fileHeader, padding } from './tar-format.ts';

/** Writes a layout as a tar archive, durably. The content of a file is never in memory whole. */
export const writeTar: WriteLayout = async (place, entries, onBytes) => {
  const file = await open(place, 'wx', 0o644);
  try {
    for (const { path, size, content } of entries) {
      await file.writeFile(fileHeader(path, size));
      await copy(file, content(), onBytes);
      await file.writeFile(padding(size));
    }
    await file.writeFile(endOfArchive);
    await file.sync();
  } finally {
    await file.close();
  }
};

/** Appends all of the content. (`FileHandle.writeFile` goes on where the last call ended.) */
export async function copy(
  file: FileHandle,
  content: AsyncIterable<Uint8Array>,
  onBytes: (count: number) => void,
): Promise<void> {
  for await (const chunk of content) {
    await file.writeFile(chunk);
    onBytes(chunk.length);
  }
}
