import { MlregError } from '../../core/errors.ts';
import { decodeName } from './name-text.ts';
import type { ByteSource } from './onnx-model.ts';

/** Position of a message's bytes in the file, and its nesting depth. */
export interface Span {
  start: number;
  end: number;
  depth: number;
}

/** Aligned blocks: a step back from a message's end to its start usually stays in the window. */
const block = 8 * 1024;
const windowSize = 2 * block;
/**
 * The limit of protobuf's own parsers, so that every file that ONNX Runtime can parse is accepted.
 */
const deepest = 100;
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

/** 64-bit two's complement as a number; undefined if a number cannot hold it exactly. */
function safeInteger(low: number, high: number): number | undefined {
  const value = high < 0x8000_0000 ? high * 2 ** 32 + low : -((~high >>> 0) * 2 ** 32 + (~low >>> 0)) - 1;
  return Number.isSafeInteger(value) ? value : undefined;
}

/**
 * Walks the fields of one message in file order; skips length-delimited fields unless they are
 * requested.
 *
 * Format: https://protobuf.dev/programming-guides/encoding/. Skips unknown fields, as protobuf
 * demands; refuses groups, which ONNX has never used.
 */
export class WireMessage {
  /** Number of the current field. */
  field = 0;
  /**
   * Position of the first byte of the current field's content, and of the byte after it; a varint
   * has none.
   */
  start = 0;
  end = 0;
  readonly window: ByteWindow;
  readonly name: string;
  readonly #end: number;
  readonly #depth: number;
  #position: number;
  #wireType = 0;
  #low = 0;
  #high = 0;

  /** `name` is the message's name in onnx.proto, for errors. */
  constructor(window: ByteWindow, span: Span, name: string) {
    if (span.depth > deepest)
      throw malformed(`messages are nested more than ${deepest} levels deep`, span.start);
    this.window = window;
    this.name = name;
    this.#position = span.start;
    this.#end = span.end;
    this.#depth = span.depth;
  }

  /** Moves to the next field; false at the end of the message. */
  next(): boolean {
    const { window } = this;
    const at = this.#position;
    if (at >= this.#end) return false;
    let position = window.readVarint(at, this.#end);
    this.field = window.low >>> 3;
    this.#wireType = window.low & 7;
    if (window.high !== 0 || this.field === 0 || this.field >= 2 ** 29) {
      throw malformed(`${this.name} has an invalid field number`, at);
    }
    let length = 0;
    if (this.#wireType === 0) {
      position = window.readVarint(position, this.#end);
      this.#low = window.low;
      this.#high = window.high;
    } else if (this.#wireType === 1) length = 8;
    else if (this.#wireType === 5) length = 4;
    else if (this.#wireType === 2) {
      position = window.readVarint(position, this.#end);
      length = window.high * 2 ** 32 + window.low;
    } else throw malformed(`field ${this.field} of ${this.name} has wire type ${this.#wireType}`, at);
    const left = this.#end - position;
    if (length > left) {
      throw malformed(
        `field ${this.field} of ${this.name} needs ${length} bytes, but only ${left} are left`,
        at,
      );
    }
    this.start = position;
    this.end = position + length;
    this.#position = this.end;
    return true;
  }

  #expect(wireType: number, what: string): void {
    if (this.#wireType !== wireType) {
      throw malformed(`field ${this.field} of ${this.name} is not ${what}`, this.start);
    }
  }

  /** As `ByteWindow.text`. */
  text(): string {
    this.#expect(2, 'text');
    return this.window.text(this.start, this.end);
  }

  /** The current field's content, to walk now or later. */
  span(): Span {
    this.#expect(2, 'a message');
    return { start: this.start, end: this.end, depth: this.#depth + 1 };
  }

  /** The current field's content in pieces. Each piece is valid only until the next read. */
  bytes(): Iterable<Buffer> {
    this.#expect(2, 'bytes');
    return this.window.pieces(this.start, this.end);
  }

  integer(): number {
    const value = this.safeInteger();
    if (value === undefined)
      throw malformed(`field ${this.field} of ${this.name} is out of range`, this.start);
    return value;
  }

  /** Undefined if a number cannot hold it exactly. */
  safeInteger(): number | undefined {
    this.#expect(0, 'a number');
    return safeInteger(this.#low, this.#high);
  }

  /** The 32-bit halves of an integer that may exceed what a JavaScript number can hold. */
  halves(): [low: number, high: number] {
    this.#expect(0, 'a number');
    return [this.#low, this.#high];
  }

  /** The four bytes of a float. */
  float(): Buffer {
    this.#expect(5, 'a float');
    return this.window.copy(this.start, this.end);
  }

  /** Calls `visit` with the halves of each number of a repeated field, packed or not. */
  eachInteger(visit: (low: number, high: number) => void): void {
    if (this.#wireType === 0) return visit(this.#low, this.#high);
    this.#expect(2, 'a list of numbers');
    for (let position = this.start; position < this.end;) {
      position = this.window.readVarint(position, this.end);
      visit(this.window.low, this.window.high);
    }
  }

  /** As `eachInteger`, for numbers that must be exact in JavaScript, such as sizes. */
  eachSafeInteger(visit: (value: number) => void): void {
    this.eachInteger((low, high) => {
      const value = safeInteger(low, high);
      if (value === undefined)
        throw malformed(`field ${this.field} of ${this.name} is out of range`, this.start);
      visit(value);
    });
  }

  /** Little-endian bytes of a repeated float (`width` 4) or double (8) field, packed or not. */
  fixedBytes(width: 4 | 8): Iterable<Buffer> {
    if (this.#wireType !== (width === 4 ? 5 : 1)) {
      this.#expect(2, 'a list of floats');
      if ((this.end - this.start) % width !== 0) {
        throw malformed(`field ${this.field} of ${this.name} is truncated inside a float`, this.start);
      }
    }
    return this.window.pieces(this.start, this.end);
  }
}

/**
 * For fields that may occur once: protobuf would merge two occurrences, but no exporter relies on
 * that.
 */
export function once(earlier: unknown, message: WireMessage): void {
  if (earlier !== undefined)
    throw malformed(`${message.name} has field ${message.field} twice`, message.start);
}
