import { allocateData, type FeedData, type FeedDtype } from '../../onnx/feeds/feed-dtypes.ts';
import type { ByteWriter } from '../../runtime/session/session-kind.ts';
import { eachVarint, MalformedMessage, type WireReader } from '../protobuf/wire-reader.ts';
import { writeLength, writeMessage, writePacked, writeText } from '../protobuf/wire-writer.ts';
import { datatypes } from './datatypes.ts';
import type { PlannedValue } from './plan.ts';
import { badRequest, shown } from './refusal.ts';
import { readRaw, wrongCount } from './tensors-in.ts';

/** The fields of InferTensorContents by number, and their names for messages. */
const names = [
  '',
  'bool_contents',
  'int_contents',
  'int64_contents',
  'uint_contents',
  'uint64_contents',
  'fp32_contents',
  'fp64_contents',
  'bytes_contents',
];

/** The field that holds the elements of a dtype. float16 has none. */
const fields: Readonly<Record<Exclude<FeedDtype, 'float16'>, number>> = {
  bool: 1,
  int8: 2,
  int16: 2,
  int32: 2,
  int64: 3,
  uint8: 4,
  uint16: 4,
  uint32: 4,
  uint64: 5,
  float32: 6,
  float64: 7,
  string: 8,
};

/**
 * Elements from InferTensorContents. Refused if they are in another field than the dtype's, if there
 * are more or fewer than the shape needs, and if one is out of range.
 */
export function readContents(
  input: PlannedValue,
  dtype: FeedDtype,
  shape: readonly number[],
  elements: number,
  contents: WireReader | undefined,
): FeedData {
  if (dtype === 'float16')
    throw badRequest(`input ${shown(input.name)} is FP16, which only raw_input_contents can hold`);
  const pieces = contents === undefined ? [] : piecesOf(input, dtype, contents);
  if (dtype === 'string') {
    if (pieces.length !== elements) throw wrongCount(input, shape, pieces.length, elements);
    return pieces.map((piece) => piece.toString('utf8'));
  }
  const bytes = pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces);
  if (dtype === 'float32' || dtype === 'float64') {
    const width = dtype === 'float32' ? 4 : 8;
    if (bytes.length !== width * elements)
      throw wrongCount(input, shape, Math.floor(bytes.length / width), elements);
    return readRaw(input, dtype, shape, elements, bytes);
  }
  // Counted before anything is allocated: a shape is only what a client says.
  let count = 0;
  for (const byte of bytes) if (byte < 0x80) count += 1;
  if (count !== elements) throw wrongCount(input, shape, count, elements);
  return readVarints(input, dtype, elements, bytes);
}

/** The bytes of the dtype's field, in order: packed numbers, or elements one by one. */
function piecesOf(input: PlannedValue, dtype: Exclude<FeedDtype, 'float16'>, contents: WireReader): Buffer[] {
  const field = fields[dtype];
  const pieces: Buffer[] = [];
  while (contents.next()) {
    if (contents.field === field) pieces.push(elementsOf(dtype, contents));
    else if (names[contents.field] !== undefined && contents.end > contents.start)
      throw badRequest(
        `input ${shown(input.name)} is ${datatypes[dtype]}: its values belong into ${names[field]}, not ${names[contents.field]}`,
      );
  }
  return pieces;
}

function elementsOf(dtype: FeedDtype, contents: WireReader): Buffer {
  if (dtype === 'string') return contents.content();
  if (dtype === 'float32') return contents.elements(5);
  if (dtype === 'float64') return contents.elements(1);
  const bytes = contents.elements(0);
  // Pieces are joined: a number must not continue in the next one.
  if (bytes.length > 0 && bytes.at(-1)! >= 0x80) throw new MalformedMessage('a number is truncated');
  return bytes;
}

const ranges: Partial<Record<FeedDtype, readonly [low: number, high: number]>> = {
  int8: [-128, 127],
  int16: [-32_768, 32_767],
  uint8: [0, 255],
  uint16: [0, 65_535],
};

function readVarints(
  input: PlannedValue,
  dtype: Exclude<FeedDtype, 'string' | 'float16' | 'float32' | 'float64'>,
  elements: number,
  bytes: Buffer,
): FeedData {
  const data = allocateData(dtype, elements);
  let at = 0;
  if (data instanceof BigInt64Array || data instanceof BigUint64Array) {
    const halves = new Uint32Array(data.buffer);
    eachVarint(bytes, (low, high) => {
      halves[at++] = low;
      halves[at++] = high;
    });
    return data;
  }
  const range = ranges[dtype];
  const unsigned = dtype === 'uint8' || dtype === 'uint16' || dtype === 'uint32';
  eachVarint(bytes, (low, high) => {
    if (dtype === 'bool') {
      data[at++] = low === 0 && high === 0 ? 0 : 1;
      return;
    }
    const value = unsigned ? low : low | 0;
    if (range !== undefined && (value < range[0] || value > range[1]))
      throw badRequest(
        `input ${shown(input.name)} has the value ${value} at ${at}, which is no ${datatypes[dtype]}`,
      );
    data[at++] = value;
  });
  return data;
}

/** Appends a tensor as InferTensorContents, the fifth field of an output. float16 has no such form. */
export function writeContents(dtype: FeedDtype, data: FeedData, out: ByteWriter): void {
  if (dtype === 'float16') return;
  const field = fields[dtype];
  writeMessage(out, 5, () => {
    if (Array.isArray(data)) for (const text of data) writeText(out, field, text);
    else if (data instanceof Float32Array || data instanceof Float64Array || dtype === 'bool') {
      // A boolean is one byte, also as a varint.
      writeLength(out, field, data.byteLength);
      out.reserve(data.byteLength);
      out.bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), out.at);
      out.at += data.byteLength;
    } else writePacked(out, field, data);
  });
}
