import { malformed, type ByteWindow, type Span } from './bytes.ts';

/**
 * The limit of protobuf's own parsers, so that every file that ONNX Runtime can parse is accepted.
 */
const deepest = 100;

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
