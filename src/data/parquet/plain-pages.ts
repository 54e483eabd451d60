import { constants, zstdCompressSync } from 'node:zlib';
import { type AddedColumn, encodings } from './footer.ts';
import type { FieldValues, OutputField } from './output-fields.ts';
import { thriftTypes, varintBytes, writeInt, writeStruct } from './thrift.ts';

/** The rows of a page, at most. */
export const pageRows = 20_480;
/** Codecs of Parquet. */
export const codecs = { none: 0, zstd: 6 };

/** Gathers the values of one column and turns them into pages, as the format describes them. */
export interface PageBuilder {
  column: AddedColumn;
  /** Bytes of that many values; null: that depends on the values. */
  bytesOf(rows: number): number | null;
  /** Takes values `from` to `from + count` as rows `at` and further of the page. */
  put(values: FieldValues, from: number, count: number, at: number): void;
  /** The first `rows` values in the encoding PLAIN. */
  encode(rows: number): Uint8Array;
}

/**
 * Numbers of the types that a file of DuckDB gives to such columns: integers below 32 bits are
 * widened. https://parquet.apache.org/docs/file-format/types/
 */
export function pageBuilder({ name, dtype }: OutputField): PageBuilder {
  switch (dtype) {
    case 'float16':
    case 'float32':
      return numbers({ name, physicalType: 4, convertedType: null }, new Float32Array(pageRows));
    case 'float64':
      return numbers({ name, physicalType: 5, convertedType: null }, new Float64Array(pageRows));
    case 'uint8':
    case 'uint16':
    case 'uint32':
    case 'int8':
    case 'int16':
    case 'int32':
      return numbers(
        { name, physicalType: 1, convertedType: convertedTypes[dtype] },
        dtype === 'uint32' ? new Uint32Array(pageRows) : new Int32Array(pageRows),
      );
    case 'int64':
      return numbers(
        { name, physicalType: 2, convertedType: convertedTypes[dtype] },
        new BigInt64Array(pageRows),
      );
    case 'uint64':
      return numbers(
        { name, physicalType: 2, convertedType: convertedTypes[dtype] },
        new BigUint64Array(pageRows),
      );
    case 'bool':
      return booleans({ name, physicalType: 0, convertedType: null });
    case 'string':
      return texts({ name, physicalType: 6, convertedType: 0 });
  }
}

const convertedTypes = {
  uint8: 11,
  uint16: 12,
  uint32: 13,
  uint64: 14,
  int8: 15,
  int16: 16,
  int32: 17,
  int64: 18,
};

function numbers(
  column: AddedColumn,
  items: Float32Array | Float64Array | Int32Array | Uint32Array | BigInt64Array | BigUint64Array,
): PageBuilder {
  const bytes = new Uint8Array(items.buffer);
  const width = items.BYTES_PER_ELEMENT;
  // Values fit the column's type: both are those of the field.
  const into = items as Float64Array;
  return {
    column,
    bytesOf: (rows) => rows * width,
    put({ data, offset, stride }, from, count, at) {
      const values = data as Float64Array;
      for (let index = 0, next = from * stride + offset; index < count; index++, next += stride)
        into[at + index] = values[next] as number;
    },
    encode: (rows) => bytes.subarray(0, rows * width),
  };
}

/** A bit each, the first one lowest. */
function booleans(column: AddedColumn): PageBuilder {
  const items = new Uint8Array(pageRows);
  return {
    column,
    bytesOf: (rows) => Math.ceil(rows / 8),
    put({ data, offset, stride }, from, count, at) {
      for (let index = 0; index < count; index++)
        items[at + index] = Number(data[(from + index) * stride + offset]) === 0 ? 0 : 1;
    },
    encode(rows) {
      const bits = new Uint8Array(Math.ceil(rows / 8));
      for (let row = 0; row < rows; row++)
        bits[row >>> 3] = (bits[row >>> 3] as number) | ((items[row] as number) << (row & 7));
      return bits;
    },
  };
}

/** Each with its length in front. */
function texts(column: AddedColumn): PageBuilder {
  const items: string[] = [];
  return {
    column,
    bytesOf: () => null,
    put({ data, offset, stride }, from, count, at) {
      for (let index = 0; index < count; index++)
        items[at + index] = (data as readonly string[])[(from + index) * stride + offset] ?? '';
    },
    encode(rows) {
      const parts: Buffer[] = [];
      for (let row = 0; row < rows; row++) {
        const text = Buffer.from(items[row] ?? '');
        const length = Buffer.alloc(4);
        length.writeUInt32LE(text.length);
        parts.push(length, text);
      }
      return Buffer.concat(parts);
    },
  };
}

/** A page with its header, and the bytes that it had without compression. */
export function writePage(
  values: Uint8Array,
  rows: number,
  codec: number,
): { page: Buffer; plainBytes: number } {
  const plain = Buffer.concat([levels(rows), values]);
  const stored =
    codec === codecs.none
      ? plain
      : zstdCompressSync(plain, { params: { [constants.ZSTD_c_compressionLevel]: 1 } });
  const header = writeHeader(rows, plain.length, stored.length);
  return { page: Buffer.concat([header, stored]), plainBytes: header.length + plain.length };
}

/** Of a page without compression. */
export function pageBytes(valueBytes: number, rows: number): number {
  const plain = levels(rows).length + valueBytes;
  return writeHeader(rows, plain, plain).length + plain;
}

/** Says that no value is NULL: one run of ones. */
function levels(rows: number): Buffer {
  const run = Uint8Array.from([...varintBytes(rows * 2), 1]);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(run.length);
  return Buffer.concat([length, run]);
}

function writeHeader(rows: number, plainBytes: number, storedBytes: number): Buffer {
  const { i32, struct } = thriftTypes;
  const numbersOf = (values: readonly number[]) =>
    values.map((value, index) => ({ id: index + 1, type: i32, value: writeInt(value) }));
  return writeStruct([
    ...numbersOf([dataPage, plainBytes, storedBytes]),
    {
      id: 5,
      type: struct,
      value: writeStruct(numbersOf([rows, encodings.plain, encodings.rle, encodings.rle])),
    },
  ]);
}

const dataPage = 0;
