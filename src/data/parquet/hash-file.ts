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
    const { bytesRead } = await readSome(descriptor, buffer, 0, chunkBytes, size).catch((cause: unknown) => {
      throw new MlregError(
        'STORAGE',
        `${what} cannot be read: ${(cause as NodeJS.ErrnoException).code ?? ''}`,
        {
          hint: 'check the file and its disk, then run the command again',
          cause,
        },
      );
    });
    const bytes = buffer.subarray(0, bytesRead);
    if (size === 0) onFirst(bytes);
    if (bytesRead === 0) break;
    hash.update(bytes);
    size += bytesRead;
    tell();
  }
  return {
    sha256: hash.digest('hex'),
    size,
    isSame: () => isSameFile(before, fstatSync(descriptor, { bigint: true })),
  };
}

function isSameFile(one: BigIntStats, other: BigIntStats): boolean {
  return one.size === other.size && one.mtimeNs === other.mtimeNs && one.ctimeNs === other.ctimeNs;
}
