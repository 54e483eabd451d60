import { createHash, type Hash } from 'node:crypto';
import { read } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
// A named import would fail on an old Node before it is told so: it has no createZstdDecompress.
import * as zlib from 'node:zlib';
import { MlregError } from '../core/errors.ts';
import { checkFirstBytes, type TableKind } from './table-format.ts';

/** The bytes of a table, decompressed, in the order of the file. */
export interface ByteSource {
  /** Puts the next bytes into `into` from `at` on; returns how many, 0 at the end. */
  read(into: Uint8Array, at: number): Promise<number>;
  /** Bytes read so far, as stored. */
  bytesRead(): number;
  /** SHA-256 of the stored bytes, as hex; all of them must have been read. */
  sha256(): string;
}

export interface SourceOptions {
  /** An open file, pipe or terminal. */
  descriptor: number;
  kind: TableKind;
  /** Its name in messages. */
  what: string;
  /** The option that corrects the kind. */
  flag: string;
}

const readSome = promisify(read);
const chunkBytes = 2 ** 18;

/**
 * Reads and hashes a table, decompressing it if its kind says so. Its methods reject INVALID_INPUT
 * for first bytes of another kind, INTEGRITY for an archive that is cut short or damaged, STORAGE if
 * the file cannot be read.
 */
export function openSource(options: SourceOptions): ByteSource {
  const hash = createHash('sha256');
  const stored = storedBytes(options, hash);
  return {
    read: options.kind.compression === 'none' ? stored.read : unpacked(options, stored),
    bytesRead: stored.bytesRead,
    sha256: () => hash.digest('hex'),
  };
}

type Stored = Pick<ByteSource, 'read' | 'bytesRead'>;

function storedBytes({ descriptor, kind, what, flag }: SourceOptions, hash: Hash): Stored {
  let done = 0;
  return {
    bytesRead: () => done,
    async read(into, at) {
      for (;;) {
        try {
          const { bytesRead } = await readSome(descriptor, into, at, into.length - at, null);
          const bytes = into.subarray(at, at + bytesRead);
          if (done === 0) checkFirstBytes(kind, bytes, what, flag);
          hash.update(bytes);
          done += bytesRead;
          return bytesRead;
        } catch (cause) {
          if (cause instanceof MlregError) throw cause;
          const { code = '' } = cause as NodeJS.ErrnoException;
          // A pipe that another process made non-blocking, and that has nothing yet.
          if (code === 'EAGAIN') await sleep(5);
          else if (code === 'EOF') return 0;
          else
            throw new MlregError('STORAGE', `${what} cannot be read: ${code}`, {
              hint: 'check the file and its disk, then run the command again',
              cause,
            });
        }
      }
    },
  };
}

/** All members of a gzip file, or all frames of a zstd file, as one. */
function unpacked({ kind, what }: SourceOptions, stored: Stored): ByteSource['read'] {
  const make = kind.compression === 'gzip' ? zlib.createGunzip : zlib.createZstdDecompress;
  /** What was read and belongs to the next frame. */
  let next: Uint8Array | undefined;
  let failure: unknown;

  /** Feeds one stream to its end: Node's zstd stops behind a frame, unless it ends with a chunk. */
  async function feed(unpack: ReturnType<typeof make>): Promise<void> {
    for (;;) {
      // A buffer for each read: the stream may still hold the one before.
      const chunk = next ?? new Uint8Array(chunkBytes);
      const length = next?.length ?? (await stored.read(chunk, 0));
      next = undefined;
      if (length === 0) break;
      const before = unpack.bytesWritten;
      await new Promise<void>((resolve) => {
        unpack.write(chunk.subarray(0, length), () => resolve());
      });
      if (unpack.destroyed) return;
      const used = unpack.bytesWritten - before;
      if (used < length) {
        next = chunk.subarray(used, length);
        return;
      }
    }
    unpack.end();
  }
  function begin(): { chunks: AsyncIterator<Buffer>; fed: Promise<void> } {
    const unpack = make({ chunkSize: chunkBytes });
    const fed = feed(unpack).catch((error: unknown) => {
      failure = error;
      unpack.destroy(error as Error);
    });
    return { chunks: unpack[Symbol.asyncIterator]() as AsyncIterator<Buffer>, fed };
  }

  let stream = begin();
  let rest: Buffer = Buffer.alloc(0);
  return async (into, at) => {
    try {
      while (rest.length === 0) {
        const { done, value } = await stream.chunks.next();
        if (done !== true) rest = value;
        else {
          await stream.fed;
          if (next === undefined) return 0;
          stream = begin();
        }
      }
    } catch (cause) {
      if (failure instanceof MlregError) throw failure;
      throw new MlregError('INTEGRITY', `${what} is damaged or cut short: ${(cause as Error).message}`, {
        hint: `check it: ${kind.compression === 'gzip' ? 'gzip' : 'zstd'} -t FILE`,
        cause,
      });
    }
    const count = Math.min(rest.length, into.length - at);
    into.set(rest.subarray(0, count), at);
    rest = rest.subarray(count);
    return count;
  };
}
