import type { RowBatch } from './row-batch.ts';
import { longestNumber, writeAscii, writeFloat32, writeFloat64, writeInteger } from './write-number.ts';

/** Values to write beside rows: `data[row * width]` to `data[row * width + width - 1]` of each row. */
export interface AppendedValues {
  type: 'float32' | 'float64' | 'integer' | 'bool' | 'string';
  width: number;
  data: ArrayLike<number> | BigInt64Array | BigUint64Array | readonly string[];
}

/** Bytes that grow. */
export interface ByteBuilder {
  bytes: Uint8Array<ArrayBuffer>;
  length: number;
}

/** Makes room for `more` bytes behind those that are there. */
export function reserve(builder: ByteBuilder, more: number): void {
  const wanted = builder.length + more;
  if (wanted <= builder.bytes.length) return;
  const larger = new Uint8Array(Math.max(wanted, 2 * builder.bytes.length));
  larger.set(builder.bytes.subarray(0, builder.length));
  builder.bytes = larger;
}

/** Writes one value; returns where it ends. There is room for `longestNumber` bytes. */
export type WriteValue = (builder: ByteBuilder, at: number, index: number) => number;

/** A column to write: of the table, by position, or a value of the model's. */
export type WrittenColumn = { input: number } | { output: number; index: number };

export interface AppendStyle {
  delimiter: number;
  /** The columns to write; null: each row's own bytes, then all values. */
  columns: readonly WrittenColumn[] | null;
  /** How many columns the table has. */
  width: number;
}

/**
 * Writes the rows of a batch with values behind them. Each row's own bytes, and those of each of its
 * cells, stay as they are in `block`.
 */
export function appendRows(
  builder: ByteBuilder,
  block: Buffer,
  { count, starts, ends, nexts, bounds }: RowBatch,
  values: readonly AppendedValues[],
  { delimiter, columns, width }: AppendStyle,
): void {
  const chosen =
    columns ??
    values.flatMap((value, output) => Array.from({ length: value.width }, (_, index) => ({ output, index })));
  const room = chosen.length * (longestNumber + 1) + 4;
  const writers = values.map((value) => valueWriter(value, delimiter, room));
  const floatsOf = values.map(({ data }) => (data instanceof Float32Array ? data : null));
  const inputOf = Int32Array.from(chosen, (column) => ('input' in column ? column.input : -1));
  const outputOf = Int32Array.from(chosen, (column) => ('output' in column ? column.output : -1));
  const indexOf = Int32Array.from(chosen, (column) => ('index' in column ? column.index : 0));
  const widthOf = Int32Array.from(outputOf, (output) => values[output]?.width ?? 0);
  for (let row = 0; row < count; row++) {
    const [start, end, next] = [starts[row] as number, ends[row] as number, nexts[row] as number];
    reserve(builder, next - start + room);
    let at = builder.length;
    if (columns === null) {
      builder.bytes.set(block.subarray(start, end), at);
      at += end - start;
      builder.bytes[at++] = delimiter;
    }
    for (let place = 0; place < inputOf.length; place++) {
      if (place > 0) builder.bytes[at++] = delimiter;
      const input = inputOf[place] as number;
      const output = outputOf[place] as number;
      if (input >= 0 && bounds !== null) {
        const bound = (row * width + input) * 2;
        const [from, to] = [bounds[bound] as number, bounds[bound + 1] as number];
        builder.bytes.set(block.subarray(from, to), at);
        at += to - from;
      } else {
        const index = row * (widthOf[place] as number) + (indexOf[place] as number);
        const floats = floatsOf[output];
        // Most values by far: a call that V8 can inline.
        if (floats) at = writeFloat32(builder.bytes, at, floats[index] as number);
        else at = (writers[output] as WriteValue)(builder, at, index);
      }
    }
    // The line's own end, if it has one.
    for (let byte = end; byte < next; byte++) builder.bytes[at++] = block[byte] as number;
    builder.length = at;
  }
}

/**
 * Writes values as cells of a table with this delimiter, or as JSON. `room` is what the rest of the
 * row may need, for strings, which make room themselves.
 */
export function valueWriter(
  { type, data }: AppendedValues,
  delimiter: number | 'json',
  room: number,
): WriteValue {
  if (type === 'string') return stringWriter(data as readonly string[], delimiter, room);
  if (data instanceof BigInt64Array) return bigWriter(data);
  if (data instanceof BigUint64Array)
    return ({ bytes }, at, index) => writeAscii(bytes, at, String(data[index]));
  const numbers = data as ArrayLike<number>;
  switch (type) {
    case 'float32':
      return delimiter === 'json'
        ? jsonFloat(numbers, writeFloat32)
        : ({ bytes }, at, index) => writeFloat32(bytes, at, numbers[index] as number);
    case 'float64':
      return delimiter === 'json'
        ? jsonFloat(numbers, writeFloat64)
        : ({ bytes }, at, index) => writeFloat64(bytes, at, numbers[index] as number);
    case 'bool':
      return ({ bytes }, at, index) => writeAscii(bytes, at, numbers[index] === 0 ? 'false' : 'true');
    case 'integer':
      return ({ bytes }, at, index) => {
        const value = numbers[index] as number;
        return value < 2 ** 31 ? writeInteger(bytes, at, value) : writeAscii(bytes, at, String(value));
      };
  }
}

/** JSON has no NaN and no infinities. */
function jsonFloat(numbers: ArrayLike<number>, write: typeof writeFloat32): WriteValue {
  return ({ bytes }, at, index) => {
    const value = numbers[index] as number;
    return Number.isFinite(value) ? write(bytes, at, value) : writeAscii(bytes, at, 'null');
  };
}

/** Most integers are small: their halves are read without making a BigInt. */
function bigWriter(data: BigInt64Array): WriteValue {
  const halves = new Int32Array(data.buffer, data.byteOffset, data.length * 2);
  return ({ bytes }, at, index) => {
    const low = halves[2 * index] as number;
    return halves[2 * index + 1] === low >> 31
      ? writeInteger(bytes, at, low)
      : writeAscii(bytes, at, String(data[index]));
  };
}

function stringWriter(data: readonly string[], delimiter: number | 'json', room: number): WriteValue {
  return (builder, at, index) => {
    const value = data[index] ?? '';
    const text = delimiter === 'json' ? JSON.stringify(value) : delimitedCell(value, delimiter);
    builder.length = at;
    // What follows in the row keeps its room.
    reserve(builder, Buffer.byteLength(text) + room);
    return at + Buffer.from(builder.bytes.buffer).write(text, at);
  };
}

/** A text as a cell of CSV or TSV, in quotes if it needs them. */
export function delimitedCell(text: string, delimiter: number): string {
  const needs =
    text.includes('"') ||
    text.includes('\n') ||
    text.includes('\r') ||
    text.includes(String.fromCharCode(delimiter)) ||
    /^\s|\s$/.test(text);
  return needs ? `"${text.replaceAll('"', '""')}"` : text;
}
