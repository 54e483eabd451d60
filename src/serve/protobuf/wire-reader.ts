/** The bytes are not the protobuf message that they should be. */
export class MalformedMessage extends Error {}

/**
 * Walks the fields of one protobuf message in memory, in the order of its bytes.
 *
 * Format: https://protobuf.dev/programming-guides/encoding/. Unknown fields are skipped, as protobuf
 * demands; groups, which proto3 does not have, are refused.
 */
export class WireReader {
  /** Number of the current field. */
  field = 0;
  wireType = 0;
  /** Where the content of the current field begins and ends. */
  start: number;
  end: number;
  readonly bytes: Buffer;
  readonly #last: number;
  #position: number;
  /** The halves of the last varint. */
  #low = 0;
  #high = 0;

  constructor(bytes: Buffer, start = 0, end = bytes.length) {
    this.bytes = bytes;
    this.#position = start;
    this.#last = end;
    this.start = start;
    this.end = start;
  }

  /** Moves to the next field; false at the end of the message. */
  next(): boolean {
    if (this.#position >= this.#last) return false;
    this.#varint(this.#last);
    if (this.#high !== 0 || this.#low < 8) throw new MalformedMessage('a field has an invalid number');
    this.field = this.#low >>> 3;
    this.wireType = this.#low & 7;
    this.start = this.#position;
    if (this.wireType === 2) {
      this.#varint(this.#last);
      if (this.#high !== 0 || this.#low > this.#last - this.#position)
        throw new MalformedMessage(`field ${this.field} is longer than its message`);
      this.start = this.#position;
      this.#position += this.#low;
    } else if (this.wireType === 0) this.#varint(this.#last);
    else if (this.wireType === 5 || this.wireType === 1) {
      this.#position += this.wireType === 5 ? 4 : 8;
      if (this.#position > this.#last) throw new MalformedMessage(`field ${this.field} is truncated`);
    } else throw new MalformedMessage(`field ${this.field} has wire type ${this.wireType}`);
    this.end = this.#position;
    return true;
  }

  /** Reads a varint that ends before `end` into the halves, and moves behind it. */
  #varint(end: number): void {
    const { bytes } = this;
    let position = this.#position;
    let byte = position < end ? bytes[position++]! : 0x100;
    if (byte < 0x80) {
      this.#low = byte;
      this.#high = 0;
      this.#position = position;
      return;
    }
    let low = byte & 0x7f;
    let high = 0;
    for (let index = 1; index < 11; index++) {
      if (byte > 0xff || position >= end) throw new MalformedMessage('a number is truncated');
      if (index === 10) break;
      byte = bytes[position++]!;
      const bits = byte & 0x7f;
      if (index < 4) low |= bits << (7 * index);
      else if (index === 4) {
        low |= bits << 28;
        high = bits >>> 4;
      } else high |= bits << (7 * index - 32);
      if (byte < 0x80) {
        this.#low = low >>> 0;
        this.#high = high >>> 0;
        this.#position = position;
        return;
      }
    }
    throw new MalformedMessage('a number has more than 64 bits');
  }

  #expect(wireType: number, what: string): void {
    if (this.wireType !== wireType) throw new MalformedMessage(`field ${this.field} is not ${what}`);
  }

  /** The content of the current field; it shares memory with the message. */
  content(): Buffer {
    this.#expect(2, 'bytes');
    return this.bytes.subarray(this.start, this.end);
  }

  text(): string {
    this.#expect(2, 'text');
    return this.bytes.toString('utf8', this.start, this.end);
  }

  /** The current field, a message in this one. */
  message(): WireReader {
    this.#expect(2, 'a message');
    return new WireReader(this.bytes, this.start, this.end);
  }

  boolean(): boolean {
    this.#expect(0, 'a boolean');
    return this.#low !== 0 || this.#high !== 0;
  }

  /** A signed integer; beyond 2^53 it is the nearest number. */
  integer(): number {
    this.#expect(0, 'a number');
    return signed(this.#low, this.#high);
  }

  /** Calls `visit` with each signed integer of a repeated field, as `integer`. */
  eachInteger(visit: (value: number) => void): void {
    if (this.wireType === 0) return visit(this.integer());
    eachVarint(this.content(), (low, high) => visit(signed(low, high)));
  }

  /**
   * The bytes of the elements of a repeated field of numbers: one that stands alone, with
   * `wireType`, or several that are packed.
   */
  elements(wireType: 0 | 1 | 5): Buffer {
    if (this.wireType !== wireType) this.#expect(2, 'a list of such numbers');
    return this.bytes.subarray(this.start, this.end);
  }

  /** Reads the next varint of bytes that hold nothing else; false at their end. */
  nextVarint(visit: (low: number, high: number) => void): boolean {
    if (this.#position >= this.#last) return false;
    this.#varint(this.#last);
    visit(this.#low, this.#high);
    return true;
  }
}

/** Calls `visit` with the halves of each varint of bytes that hold nothing else. */
export function eachVarint(bytes: Buffer, visit: (low: number, high: number) => void): void {
  for (const reader = new WireReader(bytes); reader.nextVarint(visit););
}

/** 64-bit two's complement as a number; beyond 2^53 it is the nearest one. */
function signed(low: number, high: number): number {
  return high < 0x8000_0000 ? high * 2 ** 32 + low : -((~high >>> 0) * 2 ** 32 + (~low >>> 0)) - 1;
}
