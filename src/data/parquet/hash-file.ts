import { createHash } from 'node:crypto';
import { type BigIntStats, fstatSync, read } from 'node:fs';
import { promisify } from 'node:util';
import { MlregError } from '../../core/errors.ts';

export interface HashedFile {
  /** As hex. */
  sha256: string;
  size: number;
  /** Whether the file is still the one that was hashed, as far as its times and size tell. */
  isSame(): boolean;
}

const readSome = promisify(read);
const chunkBytes = 2 ** 20;

/**
 * Hashes an open file. `onFirst` sees its first bytes, `tell` is called after each part. STORAGE if it
 * cannot be read.
 */
export async function hashFile(
  descriptor: number,
  what: string,
  onFirst: (bytes: Uint8Array) => void,
  tell: () => void,
): Promise<HashedFile> {
  const before = fstatSync(descriptor, { bigint: true });
  const hash = createHash('sha256');
  const buffer = new Uint8Array(chunkBytes);
  let size = 0;
  for (;;) {
    const bytes = await readPart(descriptor, buffer, size, what);
    if (size === 0) onFirst(bytes);
    if (bytes.length === 0) break;
    hash.update(bytes);
    size += bytes.length;
    tell();
  }
  return {
    sha256: hash.digest('hex'),
    size,
    isSame: () => isSameFile(before, fstatSync(descriptor, { bigint: true })),
  };
}

/** Reads what fits the buffer; nothing at the end. STORAGE if the file cannot be read. */
export async function readPart(
  descriptor: number,
  buffer: Uint8Array,
  from: number,
  what: string,
): Promise<Uint8Array> {
  const { bytesRead } = await readSome(descriptor, buffer, 0, buffer.length, from).catch((cause: unknown) => {
    throw new MlregError(
      'STORAGE',
      `${what} cannot be read: ${(cause as NodeJS.ErrnoException).code ?? ''}`,
      { hint: 'check the file and its disk, then run the command again', cause },
    );
  });
  return buffer.subarray(0, bytesRead);
}

function isSameFile(one: BigIntStats, other: BigIntStats): boolean {
  return one.size === other.size && one.mtimeNs === other.mtimeNs && one.ctimeNs === other.ctimeNs;
}
