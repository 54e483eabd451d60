import type { FeedDtype } from '../../onnx/feeds/feed-dtypes.ts';
import type { ByteWriter } from '../../runtime/session/session-kind.ts';
import type { Asked, Codec, Given, ServedModel } from './codec.ts';
import { badRequest } from './refusal.ts';
import { readRaw } from './tensors-in.ts';
import { rawBytes, writeRaw } from './values-out.ts';

/**
 * Tensors between the response cache and the engine: a request that the cache has read already, and
 * an answer in no client's format. The bytes follow from the values alone, so that they are also what
 * the cache compares.
 *
 * Little-endian: the number of wanted outputs and of tensors, the positions of the wanted outputs,
 * then each tensor: dtype, rank, bytes of data, 0; its sizes as float64; its data. Sizes and data
 * begin at multiples of 8.
 */
export const tensorsCodec: Codec = { decode, encode };

/** The `head` of an answer that is larger than its request allows: it has no body. */
export const tooLarge = 1;

const dtypes: readonly FeedDtype[] = [
  'float32',
  'float64',
  'float16',
  'int8',
  'int16',
  'int32',
  'int64',
  'uint8',
  'uint16',
  'uint32',
  'uint64',
  'bool',
  'string',
];

/** `head`: the most bytes that its answer may have. */
function decode({ body, head }: { body: Uint8Array; head: number }, { plan }: ServedModel): Asked {
  const { wanted, tensors } = readTensors(body);
  if (tensors.length !== plan.inputs.length) throw badRequest('the tensors are not those of the model');
  return {
    inputs: tensors.map(({ type, dims, data }) => ({ type, dims, data, location: 'cpu' })),
    wanted,
    note: head,
  };
}

function encode(outputs: readonly Given[], { note }: Asked, _model: ServedModel, out: ByteWriter): number {
  let bytes = 0;
  for (const { type, data } of outputs) bytes += rawBytes(type, data);
  if (bytes > (note as number)) return tooLarge;
  writeTensors([], outputs, out);
  return 0;
}

/** Appends tensors, and which outputs are wanted. */
export function writeTensors(wanted: readonly number[], tensors: readonly Given[], out: ByteWriter): void {
  const start = out.at;
  const integers = (...values: readonly number[]): void => {
    out.reserve(4 * values.length);
    for (const value of values) out.at = out.bytes.writeUInt32LE(value, out.at);
  };
  const pad = (): void => {
    out.reserve(8);
    while ((out.at - start) % 8 !== 0) out.bytes[out.at++] = 0;
  };
  integers(wanted.length, tensors.length, ...wanted);
  pad();
  for (const { type, dims, data } of tensors) {
    integers(dtypes.indexOf(type), dims.length, rawBytes(type, data), 0);
    out.reserve(8 * dims.length);
    for (const size of dims) out.at = out.bytes.writeDoubleLE(size, out.at);
    writeRaw(type, data, out);
    pad();
  }
}

/**
 * Reads what `writeTensors` wrote. Throws a `Refusal` or a RangeError for anything else: it may come
 * from a cache that others can write to. The data can be views of `body`.
 */
export function readTensors(body: Uint8Array): { wanted: number[]; tensors: Given[] } {
  const from = Buffer.from(body.buffer, body.byteOffset, body.length);
  let at = 8;
  const pad = (): void => void (at = Math.ceil(at / 8) * 8);
  const wanted: number[] = [];
  const count = from.readUInt32LE(4);
  for (let left = from.readUInt32LE(0); left > 0; left--, at += 4) wanted.push(from.readUInt32LE(at));
  pad();
  const tensors: Given[] = [];
  while (tensors.length < count) {
    const type = dtypes[from.readUInt32LE(at)];
    if (type === undefined) throw badRequest('an unknown dtype');
    const rank = from.readUInt32LE(at + 4);
    const bytes = from.readUInt32LE(at + 8);
    at += 16;
    const dims: number[] = [];
    let elements = 1;
    for (let axis = 0; axis < rank; axis++, at += 8) {
      const size = from.readDoubleLE(at);
      if (!Number.isSafeInteger(size) || size < 0) throw badRequest('a size is not an integer');
      dims.push(size);
      elements *= size;
    }
    if (at + bytes > from.length) throw badRequest('the tensors are cut off');
    const value = { name: String(tensors.length), dtype: type, shape: null };
    tensors.push({ type, dims, data: readRaw(value, type, dims, elements, from.subarray(at, at + bytes)) });
    at += bytes;
    pad();
  }
  if (at !== from.length) throw badRequest('bytes follow the tensors');
  return { wanted, tensors };
}
