import { isUtf8 } from 'node:buffer';
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { MlregError } from '../../core/errors.ts';

/**
 * Bytes that can be read synchronously at any position, so that ONNX files are walked without
 * loading them.
 */
export interface ByteSource {
  readonly size: number;
  /**
   * Exactly `length` bytes from `position`; throws if the file is shorter. The next call may
   * overwrite the result.
   */
  read(position: number, length: number): Uint8Array;
}

/**
 * Calls `use` with the bytes of a file, and closes it afterwards. INVALID_INPUT if the file gets
 * shorter meanwhile.
 */
export function withFile<T>(location: string, use: (source: ByteSource) => T): T {
  const descriptor = openSync(location, 'r');
  try {
    return use({ size: fstatSync(descriptor).size, read: (...range) => readFully(descriptor, ...range) });
  } finally {
    closeSync(descriptor);
  }
}

/** As `withFile`, for asynchronous use. */
export async function withOpenFile<T>(location: string, use: (source: ByteSource) => Promise<T>): Promise<T> {
  const descriptor = openSync(location, 'r');
  try {
    return await use({
      size: fstatSync(descriptor).size,
      read: (...range) => readFully(descriptor, ...range),
    });
  } finally {
    closeSync(descriptor);
  }
}

function readFully(descriptor: number, position: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let done = 0;
  while (done < length) {
    const count = readSync(descriptor, bytes, done, length - done, position + done);
    if (count === 0)
      throw new MlregError('INVALID_INPUT', 'unexpected end of file', { hint: 'export the model again' });
    done += count;
  }
  return bytes;
}

/** Position of a message's bytes in the file, and its nesting depth. */
export interface Span {
  start: number;
  end: number;
  depth: number;
}

/** Aligned blocks: a step back from a message's end to its start usually stays in the window. */
const block = 8 * 1024;
const windowSize = 2 * block;
const longestText = 64 * 1024;

const notReadable = 'not a readable ONNX model: ';

export function malformed(what: string, position?: number, cause?: unknown): MlregError {
  const where = position === undefined ? '' : ` (at byte ${position})`;
  return new MlregError('INVALID_INPUT', `${notReadable}${what}${where}`, {
    hint: 'the file may be truncated or not an ONNX model; export it again and check it with onnx.checker',
    cause,
  });
}

/**
 * The reason in such an error, for other files of the same format. Undefined for any other error.
 */
export function malformedReason(error: unknown): string | undefined {
  if (!(error instanceof MlregError) || !error.message.startsWith(notReadable)) return undefined;
  return error.message.slice(notReadable.length);
}

/** A small window that moves over the file: memory does not depend on the size of the model. */
export class ByteWindow {
  readonly size: number;
  /** Low and high half of the last number that `readVarint` read. */
  low = 0;
  high = 0;
  readonly #source: ByteSource;
  readonly #bytes = Buffer.allocUnsafe(windowSize);
  #start = 0;
  #end = 0;

  constructor(source: ByteSource) {
    this.#source = source;
    this.size = source.size;
  }

  #load(position: number): void {
    this.#start = position - (position % block);
    this.#end = this.#start;
    const length = Math.min(windowSize, this.size - this.#start);
    this.#bytes.set(this.#source.read(this.#start, length));
    this.#end = this.#start + length;
  }

  #holds(position: number): boolean {
    return position >= this.#start && position < this.#end;
  }

  /**
   * Reads a varint that must end before `end`, into `low` and `high`; returns the position after
   * it.
   */
  readVarint(position: number, end: number): number {
    // Nearly all numbers in a model are one byte long.
    if (position < end && this.#holds(position) && this.#bytes[position - this.#start]! < 0x80) {
      this.low = this.#bytes[position - this.#start]!;
      this.high = 0;
      return position + 1;
    }
    let low = 0;
    let high = 0;
    for (let index = 0; index < 10; index++) {
      const at = position + index;
      if (at >= end) throw malformed('truncated inside a number', at);
      if (!this.#holds(at)) this.#load(at);
      const byte = this.#bytes[at - this.#start]!;
      const bits = byte & 0x7f;
      if (index < 4) low |= bits << (7 * index);
      else if (index === 4) {
        low |= bits << 28;
        high = bits >>> 4;
      } else if (index < 9 || bits <= 1) high |= bits << (7 * index - 32);
      else break;
      if (byte < 0x80) {
        this.low = low >>> 0;
        this.high = high >>> 0;
        return at + 1;
      }
    }
    throw malformed('a number has more than 64 bits', position);
  }

  /** The bytes from `start` to `end` in pieces. Each piece is valid only until the next read. */
  *pieces(start: number, end: number): Generator<Buffer> {
    for (let position = start; position < end;) {
      if (!this.#holds(position)) this.#load(position);
      const until = Math.min(end, this.#end);
      yield this.#bytes.subarray(position - this.#start, until - this.#start);
      position = until;
    }
  }

  /** A copy of the bytes from `start` to `end`; only for content that is known to be small. */
  copy(start: number, end: number): Buffer {
    const bytes = Buffer.allocUnsafe(end - start);
    let used = 0;
    for (const piece of this.pieces(start, end)) {
      bytes.set(piece, used);
      used += piece.length;
    }
    return bytes;
  }

  /** Bytes that are not UTF-8 give text that is not well-formed; see `decodeName`. */
  text(start: number, end: number): string {
    if (end - start > longestText) throw malformed(`a name of ${end - start} bytes`, start);
    if (start === end) return '';
    if (!this.#holds(start)) this.#load(start);
    if (end > this.#end) return decodeName(this.copy(start, end), 0, end - start);
    return decodeName(this.#bytes, start - this.#start, end - this.#start);
  }
}

const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });

/**
 * The name that these bytes stand for. Tools write names in the encoding of their machine, and ONNX
 * Runtime accepts that. In a name that is not UTF-8, each byte beyond ASCII becomes a lone
 * surrogate, U+DC00 plus the byte, much as with Python's surrogateescape. Different names stay
 * different, none equals a UTF-8 name, and `isWellFormed` tells them apart. `nameBytes` is the
 * inverse.
 */
export function decodeName(bytes: Buffer, from: number, to: number): string {
  // There are many names, nearly all ASCII: those need no copy.
  for (let index = from; index < to; index++) {
    if (bytes[index]! < 0x80) continue;
    const name = bytes.subarray(from, to);
    return isUtf8(name) ? utf8.decode(name) : escapeBytes(name);
  }
  return bytes.toString('latin1', from, to);
}

function escapeBytes(name: Buffer): string {
  return Array.from(name, (byte) => String.fromCharCode(byte < 0x80 ? byte : 0xdc00 + byte)).join('');
}

/** The bytes of a name in the file. */
export function nameBytes(name: string): Buffer {
  return Buffer.from(name, name.isWellFormed() ? 'utf8' : 'latin1');
}
