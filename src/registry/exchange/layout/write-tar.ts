import { open, type FileHandle } from 'node:fs/promises';
import type { LayoutEntry, WriteLayout } from './layout-entry.ts';
import { endOfArchive, fileHeader, padding } from './tar-format.ts';

/** Writes a layout as a tar archive, durably, without holding a whole file in memory. */
export const writeTar: WriteLayout = async (place, entries, onBytes) => {
  const file = await open(place, 'wx', 0o644);
  try {
    await copy(file, tarBytes(entries, onBytes), () => undefined);
    await file.sync();
  } finally {
    await file.close();
  }
};

/**
 * The bytes of a tar archive, in order. After an error the end marker is missing, so no reader
 * takes the archive for complete.
 */
export async function* tarBytes(
  entries: readonly LayoutEntry[],
  onBytes: (count: number) => void,
): AsyncGenerator<Uint8Array> {
  for (const { path, size, content } of entries) {
    yield fileHeader(path, size);
    for await (const chunk of content()) {
      yield chunk;
      onBytes(chunk.length);
    }
    yield padding(size);
  }
  yield endOfArchive;
}

/** Appends all of the content. (`FileHandle.writeFile` continues where the last call ended.) */
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
