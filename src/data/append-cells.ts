import type { RowBatch } from './row-batch.ts';
import {
  longestNumber,
  writeAscii,
  writeFloat32,
  writeFloat32Of,
  writeFloat64,
  writeInteger,
} from './write-number.ts';

/** Values to write beside rows: `data[row * width]` to `data[row * width + width - 1]` of each row. */
export interface AppendedValues {
  type: 'float32' | 'float64' | 'integer' | 'bool' | 'string';
  width: number;
  data: ArrayLike<number> | BigInt64Array | BigUint64Array | readonly string[];
}

/** Bytes that grow. All of them are buffers, because V8 is slower where it meets several types. */
export interface ByteBuilder {
  bytes: Buffer<ArrayBuffer>;
  length: number;
}

export function byteBuilder(memory: ArrayBuffer = new ArrayBuffer(0)): ByteBuilder {
  return { bytes: Buffer.from(memory), length: 0 };
}

/** Makes room for `more` bytes behind those that are there. */
export function reserve(builder: ByteBuilder, more: number): void {
  const wanted = builder.length + more;
  if (wanted <= builder.bytes.length) return;
  const larger = Buffer.from(new ArrayBuffer(Math.max(wanted, 2 * builder.bytes.length)));
  builder.bytes.copy(larger, 0, 0, builder.length);
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

/** Writes the rows of a batch with the values of the model's outputs. */
export type AppendRows = (
  builder: ByteBuilder,
  block: Buffer,
  batch: RowBatch,
  values: readonly AppendedValues[],
) => void;

/**
 * Writes values behind rows, or selected columns. Each row's own bytes, and those of each of its
 * cells, stay as they are in `block`. All batches have outputs of the same types and widths.
 */
export function rowAppender({ delimiter, columns, width }: AppendStyle): AppendRows {
  let pieces: Pieces | undefined;
  return (builder, block, { count, starts, ends, nexts, bounds }, values) => {
    const { inputs, outputs, indexes, counts, places } = (pieces ??= piecesOf(columns, values));
    const room = places * (longestNumber + 1) + 4;
    const floatsOf = values.map(({ data }) => (data instanceof Float32Array ? data : noFloats));
    const writers = values.map((value) => valueWriter(value, delimiter, room));
    const widths = Int32Array.from(values, (value) => value.width);
    for (let row = 0; row < count; row++) {
      const [start, end, next] = [starts[row] as number, ends[row] as number, nexts[row] as number];
      reserve(builder, next - start + room);
      let out = builder.bytes;
      let at = builder.length;
      if (columns === null) {
        block.copy(out, at, start, end);
        at += end - start;
        out[at++] = delimiter;
      }
      for (let piece = 0; piece < inputs.length; piece++) {
        if (piece > 0) out[at++] = delimiter;
        const input = inputs[piece] as number;
        const output = outputs[piece] as number;
        if (input >= 0 && bounds !== null) {
          const bound = (row * width + input) * 2;
          const [from, to] = [bounds[bound] as number, bounds[bound + 1] as number];
          block.copy(out, at, from, to);
          at += to - from;
          continue;
        }
        const first = row * (widths[output] as number) + (indexes[piece] as number);
        const behind = first + (counts[piece] as number);
        const floats = floatsOf[output] as Float32Array;
        if (floats.length > 0) {
          // Most values by far.
          at = writeFloat32Of(out, at, floats, first);
          for (let index = first + 1; index < behind; index++) {
            out[at++] = delimiter;
            at = writeFloat32Of(out, at, floats, index);
          }
        } else {
          const write = writers[output] as WriteValue;
          at = write(builder, at, first);
          for (let index = first + 1; index < behind; index++) {
            builder.bytes[at++] = delimiter;
            at = write(builder, at, index);
          }
          out = builder.bytes;
        }
      }
      // The line's own end, if it has one.
      for (let byte = end; byte < next; byte++) out[at++] = block[byte] as number;
      builder.length = at;
    }
  };
}

/** What stands in a row one behind the other: a column of the table, or values of one output. */
interface Pieces {
  /** Of each piece, the column; -1: it has values. */
  inputs: Int32Array;
  outputs: Int32Array;
  /** The first of the values, and how many there are. */
  indexes: Int32Array;
  counts: Int32Array;
  /** All columns and values. */
  places: number;
}

const noFloats = new Float32Array(0);

function piecesOf(columns: readonly WrittenColumn[] | null, values: readonly AppendedValues[]): Pieces {
  const pieces =
    columns === null
      ? values
          .map(({ width }, output) => ({ input: -1, output, index: 0, count: width }))
          .filter(({ count }) => count > 0)
      : columns.map((column) => ({ input: -1, output: -1, index: 0, ...column, count: 1 }));
  return {
    inputs: Int32Array.from(pieces, ({ input }) => input),
    outputs: Int32Array.from(pieces, ({ output }) => output),
    indexes: Int32Array.from(pieces, ({ index }) => index),
    counts: Int32Array.from(pieces, ({ count }) => count),
    places: pieces.reduce((sum, { count }) => sum + count, 0),
  };
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
