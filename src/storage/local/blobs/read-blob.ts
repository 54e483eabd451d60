import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { digestOf, type Digest } from '../../../core/versions/artifact.ts';
import { MlregError } from '../../../core/errors.ts';
import type { BlobHealth } from '../../blob-store.ts';
import { asStorageError, guarded, isErrno } from './fs-errors.ts';

const chunkBytes = 1024 * 1024;
/**
 * O_NONBLOCK: opening a pipe in place of a blob must not wait for a writer. A pipe counts as
 * damage.
 */
const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/** Checks the size first, then every byte. */
export async function checkBlob(
  path: string,
  digest: Digest,
  signal: AbortSignal | undefined,
  size?: number,
): Promise<BlobHealth> {
  return guarded(`read blob ${digest}`, async () => {
    let file: FileHandle;
    try {
      file = await open(path, flags);
    } catch (error) {
      if (isErrno(error, 'ENOENT')) return 'missing';
      // A symbolic link: whatever it points at, the bytes are not in the store.
      if (isErrno(error, 'ELOOP')) return 'corrupt';
      throw error;
    }
    try {
      if (size !== undefined && (await file.stat()).size !== size) return 'corrupt';
      const hash = createHash('sha256');
      for await (const chunk of chunksOf(file, signal)) hash.update(chunk);
      return digestOf(hash.digest('hex')) === digest ? 'sound' : 'corrupt';
    } finally {
      await file.close();
    }
  });
}

/** See `BlobStore.read`. */
export async function* readBlob(
  path: string,
  digest: Digest,
  signal?: AbortSignal,
): AsyncGenerator<Uint8Array> {
  let file: FileHandle;
  try {
    file = await open(path, flags);
  } catch (error) {
    if (isErrno(error, 'ENOENT')) throw damaged(digest, 'is missing', error);
    if (isErrno(error, 'ELOOP')) throw damaged(digest, 'was replaced by a symbolic link', error);
    throw asStorageError(error, `read blob ${digest}`);
  }
  const hash = createHash('sha256');
  try {
    for await (const chunk of chunksOf(file, signal)) {
      hash.update(chunk);
      yield chunk;
    }
  } catch (error) {
    throw asStorageError(error, `read blob ${digest}`);
  } finally {
    await file.close();
  }
  if (digestOf(hash.digest('hex')) !== digest)
    throw damaged(digest, 'is corrupt: its bytes do not match its digest');
}

/** Chunks share one buffer: use each before asking for the next. */
async function* chunksOf(file: FileHandle, signal?: AbortSignal): AsyncGenerator<Uint8Array> {
  const buffer = Buffer.allocUnsafe(chunkBytes);
  for (;;) {
    signal?.throwIfAborted();
    const { bytesRead } = await file.read(buffer, 0, buffer.length, null);
    if (bytesRead === 0) return;
    yield buffer.subarray(0, bytesRead);
  }
}

export function damaged(digest: Digest, how: string, cause?: unknown): MlregError {
  return new MlregError('INTEGRITY', `blob ${digest} ${how}`, {
    hint: 'register the same file with the same metadata again to repair it; run mlreg verify to list all damage',
    details: { digest },
    cause,
  });
}
