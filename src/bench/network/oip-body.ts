import { rawBytes } from '../../onnx/tensors/raw-bytes.ts';
import { MlregError } from '../../core/errors.ts';
import { quote } from '../../core/text/quote.ts';
import {
  allocateData,
  type FeedData,
  type FeedDtype,
  type TensorValue,
} from '../../onnx/feeds/feed-dtypes.ts';
import { datatypes, dtypeOf } from '../../serve/engine/datatypes.ts';

/** A body of the Open Inference Protocol: JSON, and behind its `head` bytes raw tensors. */
export interface InferBody {
  bytes: Buffer;
  /** 0: all of it is JSON. */
  head: number;
}

/** Which tensors are raw, by the binary extension. */
type Binary = 'never' | 'where-needed' | 'always';

/** INVALID_INPUT for float16 if the server has no binary extension. */
export function encodeInfer(inputs: ReadonlyMap<string, TensorValue>, binary: Binary): InferBody {
  const raw: Buffer[] = [];
  const tensors = [...inputs].map(([name, value]) => {
    const { dtype, shape, data } = value;
    const tensor = { name, datatype: datatypes[dtype], shape };
    if (binary === 'always' || (binary === 'where-needed' && needsBinary(value))) {
      const bytes = rawBytes(data);
      raw.push(bytes);
      return { ...tensor, parameters: { binary_data_size: bytes.length } };
    }
    if (dtype === 'float16') {
      throw new MlregError(
        'INVALID_INPUT',
        `the input ${quote(name)} is float16, which the server cannot take: it has no binary extension`,
        { hint: 'measure it on this machine, without --url' },
      );
    }
    return { ...tensor, data: Array.isArray(data) ? data : jsonValues(dtype, data) };
  });
  const parameters = binary === 'always' ? { parameters: { binary_data_output: true } } : {};
  const json = Buffer.from(JSON.stringify({ ...parameters, inputs: tensors }));
  return raw.length === 0
    ? { bytes: json, head: 0 }
    : { bytes: Buffer.concat([json, ...raw]), head: json.length };
}

function jsonValues(dtype: FeedDtype, data: Exclude<FeedData, string[]>): unknown[] {
  if (dtype === 'bool') return Array.from(data as Uint8Array, (value) => value !== 0);
  return Array.from(data as ArrayLike<number | bigint>, (value) =>
    typeof value === 'bigint' ? rawJson(String(value)) : value,
  );
}

/** JSON.stringify refuses a bigint, and a number has not all its digits. */
const { rawJSON: rawJson } = JSON as unknown as { rawJSON: (text: string) => unknown };

/** JSON has neither float16 nor NaN and infinities. */
function needsBinary({ dtype, data }: TensorValue): boolean {
  if (dtype === 'float16') return true;
  return (dtype === 'float32' || dtype === 'float64') && !(data as Float32Array).every(Number.isFinite);
}

interface OutputTensor {
  name: string;
  datatype: string;
  shape: number[];
  data?: unknown[];
  parameters?: { binary_data_size?: number };
}

/** The outputs of an answer by name. Throws an Error that says what is wrong with it. */
export function decodeInfer({ body, head }: { body: Buffer; head: number }): Map<string, TensorValue> {
  const json = JSON.parse(body.toString('utf8', 0, head === 0 ? body.length : head)) as {
    outputs?: OutputTensor[];
  };
  const outputs = new Map<string, TensorValue>();
  let from = head;
  for (const { name, datatype, shape, data, parameters } of json.outputs ?? []) {
    const dtype = dtypeOf(datatype);
    if (dtype === undefined) throw new Error(`the output ${quote(name)} has the datatype ${quote(datatype)}`);
    const count = shape.reduce((product, size) => product * size, 1);
    const size = parameters?.binary_data_size;
    if (size !== undefined && from + size > body.length)
      throw new Error(`the answer ends within the output ${quote(name)}`);
    const values =
      size === undefined
        ? fromJson(dtype, (data ?? []).flat(Number.POSITIVE_INFINITY))
        : fromRaw(dtype, body.subarray(from, from + size));
    from += size ?? 0;
    if (values.length !== count)
      throw new Error(
        `the output ${quote(name)} has ${values.length} elements, but its shape is [${shape.join(',')}]`,
      );
    outputs.set(name, { dtype, shape, data: values });
  }
  return outputs;
}

/** JSON has no NaN: servers write null. */
function fromJson(dtype: FeedDtype, values: unknown[]): FeedData {
  if (dtype === 'string') return values.map(String);
  const data = allocateData(dtype, values.length);
  values.forEach((value, at) => {
    if (data instanceof BigInt64Array || data instanceof BigUint64Array)
      data[at] = BigInt(value as number | string);
    else data[at] = value === null ? Number.NaN : Number(value);
  });
  return data;
}

function fromRaw(dtype: FeedDtype, bytes: Buffer): FeedData {
  if (dtype !== 'string') {
    const width = allocateData(dtype, 1).BYTES_PER_ELEMENT;
    const data = allocateData(dtype, Math.floor(bytes.length / width));
    new Uint8Array(data.buffer).set(bytes.subarray(0, data.byteLength));
    return data;
  }
  const texts: string[] = [];
  for (let at = 0; at + 4 <= bytes.length;) {
    const end = at + 4 + bytes.readUInt32LE(at);
    texts.push(bytes.toString('utf8', at + 4, end));
    at = end;
  }
  return texts;
}
