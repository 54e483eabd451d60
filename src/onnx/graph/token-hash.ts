import { createHash } from 'node:crypto';
import { nameBytes } from '../file/bytes.ts';

const roomFor = 2 * 1024;

/**
 * SHA-256 over tokens with unambiguous boundaries: numbers take 8 bytes (little-endian, two's
 * complement), text and bytes start with their length as such a number, lists with their count.
 * Text is UTF-8, or the bytes from the file.
 */
export class TokenHash {
  readonly #hash = createHash('sha256');
  readonly #pending = Buffer.allocUnsafe(roomFor);
  #used = 0;

  #room(length: number): void {
    if (this.#used + length <= roomFor) return;
    this.#hash.update(this.#pending.subarray(0, this.#used));
    this.#used = 0;
  }

  /** A number as its 32-bit halves. */
  halves(low: number, high: number): this {
    this.#room(8);
    this.#pending.writeUInt32LE(low, this.#used);
    this.#pending.writeUInt32LE(high, this.#used + 4);
    this.#used += 8;
    return this;
  }

  number(value: number): this {
    return this.halves(value >>> 0, Math.floor(value / 2 ** 32) >>> 0);
  }

  /** Bytes of a fixed length: a digest, a float. */
  fixed(bytes: Uint8Array): this {
    if (bytes.length > roomFor) {
      this.#room(roomFor);
      this.#hash.update(bytes);
    } else {
      this.#room(bytes.length);
      this.#pending.set(bytes, this.#used);
      this.#used += bytes.length;
    }
    return this;
  }

  bytes(length: number, pieces: Iterable<Uint8Array>): this {
    this.number(length);
    for (const piece of pieces) this.fixed(piece);
    return this;
  }

  text(value: string): this {
    const length = value.isWellFormed() ? Buffer.byteLength(value, 'utf8') : value.length;
    if (length > roomFor || !value.isWellFormed()) return this.bytes(length, [nameBytes(value)]);
    this.number(length).#room(length);
    this.#used += this.#pending.write(value, this.#used, 'utf8');
    return this;
  }

  list<T>(items: readonly T[], write: (item: T) => void): this {
    this.number(items.length);
    for (const item of items) write(item);
    return this;
  }

  end(): Buffer {
    return this.#hash.update(this.#pending.subarray(0, this.#used)).digest();
  }
}
