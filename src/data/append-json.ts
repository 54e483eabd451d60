import {
  type AppendedValues,
  type ByteBuilder,
  reserve,
  valueWriter,
  type WriteValue,
  type WrittenColumn,
} from './append-cells.ts';
import type { RowBatch } from './row-batch.ts';
import { longestNumber } from './write-number.ts';

export interface JsonStyle {
  /** The columns to write; null: each row's own members, then all values. */
  columns: readonly WrittenColumn[] | null;
  /** The names of all values, in order, or of `columns`. */
  names: readonly string[];
  /** How many columns the table has. */
  width: number;
}

const [space, comma, openObject] = [32, 44, 123];

/**
 * Writes the rows of a batch as JSON lines, with values behind the members that are there. Each
 * row's own bytes stay as they are. What JSON has no number for becomes null.
 */
export function appendJsonRows(
  builder: ByteBuilder,
  block: Buffer,
  { count, starts, ends, nexts, bounds }: RowBatch,
  values: readonly AppendedValues[],
  { columns, names, width }: JsonStyle,
): void {
  const chosen =
    columns ??
    values.flatMap((value, output) => Array.from({ length: value.width }, (_, index) => ({ output, index })));
  const keys = names.map((name) => Buffer.from(`${JSON.stringify(name)}:`));
  const room = keys.reduce((sum, key) => sum + key.length + longestNumber + 1, 0) + 4;
  const writers = values.map((value) => valueWriter(value, 'json', room));
  for (let row = 0; row < count; row++) {
    const [start, end, next] = [starts[row] as number, ends[row] as number, nexts[row] as number];
    reserve(builder, next - start + room);
    let at = builder.length;
    let first = false;
    if (columns === null) {
      builder.bytes.set(block.subarray(start, end), at);
      at += end - start;
      first = isEmpty(block, end);
    } else {
      builder.bytes[at++] = openObject;
      first = true;
    }
    for (const [place, column] of chosen.entries()) {
      const key = keys[place] as Buffer;
      if ('input' in column) {
        const bound = (row * width + column.input) * 2;
        const [from, to] = [bounds?.[bound] ?? 0, bounds?.[bound + 1] ?? 0];
        // The row has no such member.
        if (to === from) continue;
        if (!first) builder.bytes[at++] = comma;
        builder.bytes.set(key, at);
        builder.bytes.set(block.subarray(from, to), at + key.length);
        at += key.length + to - from;
      } else {
        const { output, index } = column;
        if (!first) builder.bytes[at++] = comma;
        builder.bytes.set(key, at);
        const write = writers[output] as WriteValue;
        at = write(builder, at + key.length, row * (values[output]?.width ?? 0) + index);
      }
      first = false;
    }
    // The brace, and what follows it up to the end of the line.
    builder.bytes.set(block.subarray(end, next), at);
    builder.length = at + next - end;
  }
}

/** Whether the object that closes at `end` has no member. */
function isEmpty(block: Buffer, end: number): boolean {
  let at = end - 1;
  while ((block[at] as number) <= space) at--;
  return block[at] === openObject;
}
