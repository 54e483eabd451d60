import { constants, type BigIntStats } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { MlregError } from '../core/errors.ts';
import { quote } from '../core/quote.ts';
import { asSourceError, type SourceFile } from './scan-source.ts';

const chunkBytes = 1024 * 1024;

/**
 * The bytes of a source file, in chunks that are views of one buffer. Rejects INTEGRITY if the file changed while it was read:
 * half of one model and half of another must never get a version.
 */
export async function* readSource(
  { location, size }: SourceFile,
  signal?: AbortSignal,
): AsyncGenerator<Uint8Array> {
  let file: FileHandle;
  try {
    // Not blocking: should a FIFO have taken the file's place since it was looked at, opening it would hang.
    file = await open(location, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    throw asSourceError(error, location);
  }
  try {
    const before = await file.stat({ bigint: true });
    if (!before.isFile() || Number(before.size) !== size) throw changed(location);
    const buffer = Buffer.allocUnsafe(Math.max(1, Math.min(chunkBytes, size)));
    for (;;) {
      signal?.throwIfAborted();
      const { bytesRead } = await file.read(buffer, 0, buffer.length, null);
      if (bytesRead === 0) break;
      yield buffer.subarray(0, bytesRead);
    }
    if (!same(before, await file.stat({ bigint: true }))) throw changed(location);
  } catch (error) {
    throw asSourceError(error, location);
  } finally {
    await file.close();
  }
}

function same(a: BigIntStats, b: BigIntStats): boolean {
  return a.ino === b.ino && a.size === b.size && a.mtimeNs === b.mtimeNs && a.ctimeNs === b.ctimeNs;
}

function changed(location: string): MlregError {
  return new MlregError('INTEGRITY', `${quote(location)} changed while it was read; nothing was registered`, {
    hint: 'let the program that writes it finish, then register again',
  });
}
