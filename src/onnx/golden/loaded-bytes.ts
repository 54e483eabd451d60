import { statSync } from 'node:fs';
import { withFile } from '../file/bytes.ts';
import { listZip } from '../npz/zip-archive.ts';

/**
 * The bytes that reading the files of golden sets or inputs takes; compressed arrays count as
 * unpacked. `files`: their locations, by their paths. INVALID_INPUT for an archive that cannot be
 * read.
 */
export function loadedBytes(files: ReadonlyMap<string, string>): number {
  let bytes = 0;
  for (const [path, location] of files) {
    const unpacked = /\.npz$/i.test(path)
      ? withFile(location, listZip).reduce((sum, { size }) => sum + size, 0)
      : 0;
    bytes += Math.max(statSync(location).size, unpacked);
  }
  return bytes;
}
