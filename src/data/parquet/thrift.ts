/**
 * The part of Thrift's compact protocol that the footers and page headers of Parquet take. What is
 * read is cut into fields whose bytes stay as they are, so that those that nobody here knows are kept.
 * https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md
 */
export const thriftTypes = {
  true: 1,
  false: 2,
  byte: 3,
  i16: 4,
  i32: 5,
  i64: 6,
  double: 7,
  binary: 8,
  list: 9,
  set: 10,
  map: 11,
  struct: 12,
} as const;

/** A field of a struct, with the bytes of its value. */
export interface ThriftField {
  id: number;
  type: number;
  value: Uint8Array;
}

/** Nobody nests as deeply as this, except to exhaust the stack of a reader. */
const mostDepth = 64;

/** Cuts a struct into its fields. Throws a RangeError if it is cut short or no struct. */
export function readStruct(bytes: Uint8Array): ThriftField[] {
  const cursor = { bytes, at: 0 };
  const fields: ThriftField[] = [];
  for (let id = 0; ;) {
    const header = readByte(cursor);
    if (header === 0) break;
    const type = header & 15;
    id = header >>> 4 === 0 ? Number(unzigzag(readVarint(cursor))) : id + (header >>> 4);
    const from = cursor.at;
    skip(cursor, type, 0);
    fields.push({ id, type, value: bytes.subarray(from, cursor.at) });
  }
  if (cursor.at !== bytes.length) throw new RangeError('bytes behind a struct');
  return fields;
}

/** Cuts a list into its elements. Throws a RangeError if they have another type. */
export function readList(bytes: Uint8Array, type: number): Uint8Array[] {
  const cursor = { bytes, at: 0 };
  const { elements, count } = readListHeader(cursor);
  if (count > 0 && elements !== type) throw new RangeError('a list of another type');
  return Array.from({ length: count }, () => {
    const from = cursor.at;
    skip(cursor, type, 0);
    return bytes.subarray(from, cursor.at);
  });
}

/** The value of an `i16`, `i32` or `i64`. Throws a RangeError if it is negative or huge. */
export function readCount(bytes: Uint8Array): number {
  const value = Number(unzigzag(readVarint({ bytes, at: 0 })));
  if (!Number.isSafeInteger(value) || value < 0) throw new RangeError('no count');
  return value;
}

interface Cursor {
  bytes: Uint8Array;
  at: number;
}

function readByte(cursor: Cursor): number {
  const byte = cursor.bytes[cursor.at++];
  if (byte === undefined) throw new RangeError('cut short');
  return byte;
}

function readVarint(cursor: Cursor): bigint {
  let value = 0n;
  for (let shift = 0n; shift < 70n; shift += 7n) {
    const byte = readByte(cursor);
    value |= BigInt(byte & 127) << shift;
    if (byte < 128) return value;
  }
  throw new RangeError('a number of more than 64 bits');
}

function unzigzag(value: bigint): bigint {
  return (value >> 1n) ^ -(value & 1n);
}

/** As many elements as can be in the bytes that are left: each has one at least. */
function readListHeader(cursor: Cursor): { elements: number; count: number } {
  const header = readByte(cursor);
  const count = header >>> 4 === 15 ? Number(readVarint(cursor)) : header >>> 4;
  if (count > cursor.bytes.length - cursor.at) throw new RangeError('cut short');
  return { elements: header & 15, count };
}

function skip(cursor: Cursor, type: number, depth: number): void {
  if (depth > mostDepth) throw new RangeError('nested too deeply');
  const { byte, i16, i32, i64, double, binary, list, set, map, struct } = thriftTypes;
  switch (type) {
    // Of a field; an element has a byte.
    case thriftTypes.true:
    case thriftTypes.false:
      return;
    case byte:
      return advance(cursor, 1);
    case i16:
    case i32:
    case i64:
      readVarint(cursor);
      return;
    case double:
      return advance(cursor, 8);
    case binary:
      return advance(cursor, Number(readVarint(cursor)));
    case list:
    case set: {
      const { elements, count } = readListHeader(cursor);
      for (let index = 0; index < count; index++) skipElement(cursor, elements, depth + 1);
      return;
    }
    case map: {
      const count = Number(readVarint(cursor));
      if (count > cursor.bytes.length - cursor.at) throw new RangeError('cut short');
      const types = count === 0 ? 0 : readByte(cursor);
      for (let index = 0; index < count; index++) {
        skipElement(cursor, types >>> 4, depth + 1);
        skipElement(cursor, types & 15, depth + 1);
      }
      return;
    }
    case struct:
      for (;;) {
        const header = readByte(cursor);
        if (header === 0) return;
        if (header >>> 4 === 0) readVarint(cursor);
        skip(cursor, header & 15, depth + 1);
      }
    default:
      throw new RangeError(`no type of Thrift: ${type}`);
  }
}

function skipElement(cursor: Cursor, type: number, depth: number): void {
  if (type === thriftTypes.true || type === thriftTypes.false) advance(cursor, 1);
  else skip(cursor, type, depth);
}

function advance(cursor: Cursor, count: number): void {
  if (count > cursor.bytes.length - cursor.at) throw new RangeError('cut short');
  cursor.at += count;
}

/** A struct of fields in the order of their ids. */
export function writeStruct(fields: readonly ThriftField[]): Buffer {
  const parts: Uint8Array[] = [];
  let before = 0;
  for (const { id, type, value } of fields) {
    const delta = id - before;
    parts.push(
      delta > 0 && delta < 16
        ? Uint8Array.of((delta << 4) | type)
        : Buffer.concat([Uint8Array.of(type), writeInt(id)]),
      value,
    );
    before = id;
  }
  return Buffer.concat([...parts, Uint8Array.of(0)]);
}

/** A list of elements of one type. */
export function writeList(type: number, elements: readonly Uint8Array[]): Buffer {
  const { length } = elements;
  const header =
    length < 15
      ? Uint8Array.of((length << 4) | type)
      : Uint8Array.from([0xf0 | type, ...varintBytes(length)]);
  return Buffer.concat([header, ...elements]);
}

/** An `i16`, `i32` or `i64` that is not negative. */
export function writeInt(value: number): Uint8Array {
  return Uint8Array.from(varintBytes(value * 2));
}

export function writeBinary(value: string | Uint8Array): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([Uint8Array.from(varintBytes(bytes.length)), bytes]);
}

/** Of a number that is not negative, seven bits a byte. */
export function varintBytes(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128);
  return [...bytes, rest];
}
