import type { ByteSource } from './byte-source.ts';

const [lineFeed, quoteMark] = [10, 34];

/** Whole records of a table. The byte after the last one is a newline that is not part of them. */
export interface Block {
  bytes: Uint8Array<ArrayBuffer>;
  end: number;
}

/**
 * Finds where the last whole record of `bytes[0, end)` ends, which begins with a record: one after
 * its newline, or 0.
 */
export type CutRecords = (bytes: Buffer, end: number) => number;

/** Records that are lines. */
export const cutLines: CutRecords = (bytes, end) => bytes.lastIndexOf(lineFeed, end - 1) + 1;

/** Records of CSV and TSV, in which a quoted cell can hold newlines; see `delimitedScanner`. */
export function cutDelimited(delimiter: number): CutRecords {
  return (bytes, end) => {
    const first = bytes.indexOf(quoteMark);
    if (first === -1 || first >= end) return cutLines(bytes, end);
    let cut = bytes.lastIndexOf(lineFeed, first) + 1;
    let at = cut;
    let begins = true;
    while (at < end) {
      const byte = bytes[at];
      if (byte === quoteMark && begins) {
        for (at++; at < end; at++) {
          if (bytes[at] !== quoteMark) continue;
          if (bytes[at + 1] !== quoteMark || at + 1 >= end) break;
          at++;
        }
        begins = false;
      } else {
        begins = byte === delimiter || byte === lineFeed;
        if (byte === lineFeed) cut = at + 1;
      }
      at++;
    }
    return cut;
  };
}

export interface BlockOptions {
  cut: CutRecords;
  /** Bytes of an ordinary block. */
  blockBytes: number;
  /** The longest record, in bytes. */
  mostBytes: number;
}

/** Reads a table in blocks of whole records; the last record may lack its newline. */
export interface BlockReader {
  /**
   * The next block, or null at the end. Rejects as the source does, and with a RecordTooLong for
   * a record of more than `mostBytes`.
   */
  next(): Promise<Block | null>;
  /** Gives the buffer of a block back, to be used again. */
  reuse(bytes: Uint8Array<ArrayBuffer>): void;
}

/** The record after all records that were read is too long to be held in memory. */
export class RecordTooLong extends Error {}

export function blockReader(source: ByteSource, { cut, blockBytes, mostBytes }: BlockOptions): BlockReader {
  const free: Uint8Array<ArrayBuffer>[] = [];
  let carry = new Uint8Array(0);
  let ended = false;
  return {
    async next() {
      let buffer = free.pop() ?? new Uint8Array(blockBytes);
      if (buffer.length <= carry.length) buffer = new Uint8Array(2 * carry.length + 1);
      buffer.set(carry);
      let length = carry.length;
      for (;;) {
        // A byte is left for the newline behind the records.
        while (!ended && length < buffer.length - 1) {
          const count = await source.read(buffer.subarray(0, buffer.length - 1), length);
          if (count === 0) ended = true;
          length += count;
        }
        const whole = Buffer.from(buffer.buffer, 0, buffer.length);
        const end = ended ? length : cut(whole, length);
        if (end === 0 && !ended) {
          if (buffer.length > mostBytes) throw new RecordTooLong();
          const larger = new Uint8Array(2 * buffer.length);
          larger.set(buffer);
          buffer = larger;
          continue;
        }
        carry = buffer.slice(end, length);
        if (end === 0) return null;
        buffer[end] = lineFeed;
        return { bytes: buffer, end };
      }
    },
    reuse(bytes) {
      if (bytes.length === blockBytes) free.push(bytes);
    },
  };
}
