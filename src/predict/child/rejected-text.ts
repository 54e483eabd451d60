import { type ByteBuilder, byteBuilder, delimitedCell, reserve } from '../../data/append-cells.ts';
import { delimiters } from '../../data/scan-delimited.ts';
import type { RejectedRow } from '../../data/row-batch.ts';

/** Rejected rows of a block, as lines of CSV without their first cell, the line's number. */
export interface RejectedText {
  count: number;
  /** The line of each, counted from the start of the block. */
  lines: Int32Array<ArrayBuffer>;
  /** Where the text of each ends. */
  ends: Int32Array<ArrayBuffer>;
  text: Uint8Array<ArrayBuffer>;
  first: FirstRejected | null;
  /** How many the model failed on, and the first of them. */
  byModel: { count: number; first: FirstRejected | null };
}

interface FirstRejected {
  line: number;
  column: string | null;
  reason: string;
  byModel: boolean;
}

/** The first line of a file of rejected rows. */
export const rejectedHeader = 'line,column,reason,text\n';

const [quoteMark, lineFeed] = [34, 10];

export function rejectedWriter(header: readonly string[]) {
  const builder = byteBuilder();
  let lines: number[] = [];
  let ends: number[] = [];
  let first: RejectedText['first'] = null;
  let byModel: RejectedText['byModel'] = { count: 0, first: null };
  const names = header.map((name) => delimitedCell(name, delimiters.csv));
  /** The last one is usually the next one, too. */
  let last = { column: -2, reason: '', lead: Buffer.alloc(0) };
  const leadOf = (column: number, reason: string): Buffer => {
    if (last.column !== column || last.reason !== reason) {
      const text = `,${names[column] ?? ''},${delimitedCell(reason, delimiters.csv)},`;
      last = { column, reason, lead: Buffer.from(text) };
    }
    return last.lead;
  };
  return {
    /** `bytes` are those of the block. */
    add(bytes: Buffer, rows: readonly RejectedRow[]): void {
      for (const { line, column, reason, start, end, byModel: failed = false } of rows) {
        const known = { line, column: header[column] ?? null, reason, byModel: failed };
        first ??= known;
        if (failed) byModel = { count: byModel.count + 1, first: byModel.first ?? known };
        lines.push(line);
        const lead = leadOf(column, reason);
        reserve(builder, lead.length + 2 * (end - start) + 3);
        builder.bytes.set(lead, builder.length);
        builder.length += lead.length;
        writeQuoted(builder, bytes, start, end);
        ends.push(builder.length);
      }
    },
    /** How many were added since the last call of `take`. */
    count: () => lines.length,
    /** All since the last call. */
    take(): RejectedText {
      const text = new Uint8Array(builder.bytes.subarray(0, builder.length));
      const taken = {
        count: lines.length,
        lines: Int32Array.from(lines),
        ends: Int32Array.from(ends),
        text,
        first,
        byModel,
      };
      builder.length = 0;
      [lines, ends, first] = [[], [], null];
      byModel = { count: 0, first: null };
      return taken;
    },
  };
}

/** The row's own bytes as one cell, with the end of the line. */
function writeQuoted(builder: ByteBuilder, bytes: Buffer, start: number, end: number): void {
  const out = builder.bytes;
  let at = builder.length;
  out[at++] = quoteMark;
  for (let from = start; from < end; from++) {
    const byte = bytes[from] as number;
    out[at++] = byte;
    if (byte === quoteMark) out[at++] = quoteMark;
  }
  out[at++] = quoteMark;
  out[at++] = lineFeed;
  builder.length = at;
}
