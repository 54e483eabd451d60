import { promisify } from 'node:util';
import { gunzip, inflate } from 'node:zlib';
import { GrpcError } from './status.ts';

/** What messages can be compressed with; the header `grpc-accept-encoding` of answers. */
export const acceptedEncodings = 'identity,deflate,gzip';

export const prefixLength = 5;

/** One message as it came, with its prefix taken off. */
export interface Frame {
  payload: Buffer;
  compressed: boolean;
}

/** What is allocated on the word of a client. */
const trusted = 256 * 1024;

/**
 * Cuts what arrives on a stream into messages. Each has a prefix: one byte that says whether it is
 * compressed, and four with its length, in network order
 * (https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md). Memory follows what has arrived,
 * not the length that a prefix claims.
 */
export class FrameReader {
  readonly #limit: number;
  /** The begin of a message, its prefix included: the first `#length` bytes. */
  #bytes: Buffer | undefined;
  #length = 0;

  /** `limit`: bytes of the largest message. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** True within a message. */
  get partial(): boolean {
    return this.#length > 0;
  }

  /**
   * Calls `take` with each message that `chunk` completes. Throws RESOURCE_EXHAUSTED as soon as the
   * prefix of a message is known whose length is above the limit.
   */
  push(chunk: Buffer, take: (frame: Frame) => void): void {
    let rest = chunk;
    while (rest.length > 0) {
      // A message that came in one chunk is not copied.
      const size = this.#length === 0 && rest.length >= prefixLength ? this.#size(rest) : Infinity;
      if (rest.length >= size) {
        take(asFrame(rest.subarray(0, size)));
        rest = rest.subarray(size);
        continue;
      }
      rest = this.#keep(rest);
      if (this.#length < prefixLength || this.#length < this.#size(this.#bytes!)) continue;
      const message = this.#bytes!.subarray(0, this.#length);
      this.#length = 0;
      this.#bytes = undefined;
      take(asFrame(message));
    }
  }

  /** Keeps what belongs to the message that has begun, and returns what comes after it. */
  #keep(chunk: Buffer): Buffer {
    const kept = this.#length;
    const known = kept >= prefixLength;
    const size = known ? this.#size(this.#bytes!) : prefixLength;
    const taken = Math.min(chunk.length, size - kept);
    if (this.#bytes === undefined || this.#bytes.length < kept + taken) {
      const wanted = Math.max(size <= trusted ? size : 2 * kept, kept + taken);
      const larger = Buffer.allocUnsafe(Math.min(size, wanted));
      this.#bytes?.copy(larger, 0, 0, kept);
      this.#bytes = larger;
    }
    chunk.copy(this.#bytes, kept, 0, taken);
    this.#length = kept + taken;
    return chunk.subarray(taken);
  }

  /** Bytes of the message that begins here, with its prefix. */
  #size(bytes: Buffer): number {
    if (bytes[0]! > 1) throw new GrpcError('INTERNAL', `a message begins with the byte ${bytes[0]}`);
    const length = bytes.readUInt32BE(1);
    if (length > this.#limit) throw tooLarge(`a message of ${length} bytes`, this.#limit);
    return prefixLength + length;
  }
}

function asFrame(message: Buffer): Frame {
  return { payload: message.subarray(prefixLength), compressed: message[0] !== 0 };
}

function tooLarge(what: string, limit: number): GrpcError {
  return new GrpcError('RESOURCE_EXHAUSTED', `${what} is larger than the limit of ${limit} bytes`);
}

const decompressors = {
  gzip: promisify<Buffer, object, Buffer>(gunzip),
  deflate: promisify<Buffer, object, Buffer>(inflate),
};

/** Checks the header `grpc-encoding`. UNIMPLEMENTED for one that this server cannot read. */
export function checkEncoding(encoding: string | undefined): void {
  if (encoding === undefined || encoding === 'identity' || Object.hasOwn(decompressors, encoding)) return;
  throw new GrpcError(
    'UNIMPLEMENTED',
    `cannot read messages with the grpc-encoding "${encoding}"; use one of ${acceptedEncodings}`,
  );
}

/** The bytes of a compressed message, of at most `limit` bytes. */
export async function decompress(
  payload: Buffer,
  encoding: string | undefined,
  limit: number,
): Promise<Buffer> {
  if (encoding === undefined || encoding === 'identity')
    throw new GrpcError('INTERNAL', 'a message is compressed, but no grpc-encoding was sent');
  try {
    return await decompressors[encoding as keyof typeof decompressors](payload, { maxOutputLength: limit });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE')
      throw tooLarge('a decompressed message', limit);
    throw new GrpcError('INTERNAL', `a message cannot be decompressed as ${encoding}`);
  }
}

/** A message with its prefix, uncompressed: answers are mostly small. */
export function frame(message: Uint8Array): Buffer {
  const bytes = Buffer.allocUnsafe(prefixLength + message.length);
  bytes[0] = 0;
  bytes.writeUInt32BE(message.length, 1);
  bytes.set(message, prefixLength);
  return bytes;
}

/** The message of what `frame` gives. */
export function withoutPrefix(framed: Buffer): Buffer {
  return framed.subarray(prefixLength);
}
