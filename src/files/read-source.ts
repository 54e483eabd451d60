import { constants, type BigIntStats } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import type { SourceFile } from './scan-source.ts';
import { asChangedSource, type Reader, sourceChanged } from './path-errors.ts';

const chunkBytes = 1024 * 1024;

/**
 * The bytes of a source file, in chunks that are views of one buffer. CONFLICT if it is not the
 * file that was scanned, or if it changed while it was read: a version must never combine half of
 * one model and half of another.
 */
export async function* readSource(
  { location, size, seen }: Pick<SourceFile, 'location' | 'size'> & Partial<Pick<SourceFile, 'seen'>>,
  signal?: AbortSignal,
  reader?: Reader,
): AsyncGenerator<Uint8Array> {
  let file: FileHandle;
  try {
    // Do not block: if a FIFO replaced the file after the scan, opening it would hang.
    file = await open(location, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    throw asChangedSource(error, location, reader);
  }
  try {
    const before = await file.stat({ bigint: true });
    if (!before.isFile() || Number(before.size) !== size) throw sourceChanged(location, undefined, reader);
    if (seen !== undefined && !isSame(seen, before)) throw sourceChanged(location, undefined, reader);
    const buffer = Buffer.allocUnsafe(Math.max(1, Math.min(chunkBytes, size)));
    for (;;) {
      signal?.throwIfAborted();
      const { bytesRead } = await file.read(buffer, 0, buffer.length, null);
      if (bytesRead === 0) break;
      yield buffer.subarray(0, bytesRead);
    }
    const after = await file.stat({ bigint: true });
    if (!isSame(before, after) || before.size !== after.size || before.ctimeNs !== after.ctimeNs)
      throw sourceChanged(location, undefined, reader);
  } catch (error) {
    throw asChangedSource(error, location, reader);
  } finally {
    await file.close();
  }
}

function isSame(a: SourceFile['seen'], b: BigIntStats): boolean {
  return a.dev === b.dev && a.ino === b.ino && a.mtimeNs === b.mtimeNs;
}
