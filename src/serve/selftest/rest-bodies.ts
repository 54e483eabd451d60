import { rawBytes } from '../../onnx/tensors/raw-bytes.ts';
import { elementBytes, type FeedDtype, type TensorValue } from '../../onnx/feeds/feed-dtypes.ts';
import { float16Value } from '../../onnx/tensors/half-floats.ts';
import { readJsonTensor } from '../../onnx/tensors/json-tensor.ts';
import { datatypes, dtypeOf } from '../engine/datatypes.ts';
import { readRaw } from '../engine/tensors-in.ts';

type Tensors = ReadonlyMap<string, TensorValue>;

/** A body of `infer`, or of its answer; `head`: how many bytes are JSON, 0: all of them. */
export interface RestBody {
  bytes: Buffer;
  head: number;
}

/** Undefined if JSON has no numbers for the inputs: it lacks the infinities. */
export function jsonBody(inputs: Tensors, outputs: readonly string[]): RestBody | undefined {
  const texts: string[] = [];
  for (const [name, tensor] of inputs) {
    const values = elementsOf(tensor);
    if (values.some((value) => value === Infinity || value === -Infinity)) return undefined;
    texts.push(`${headOf(name, tensor)},"data":[${values.map(elementText).join(',')}]}`);
  }
  return { bytes: Buffer.from(`{"inputs":[${texts.join(',')}],${wanted(outputs, false)}}`), head: 0 };
}

export function binaryBody(inputs: Tensors, outputs: readonly string[]): RestBody {
  const data: Uint8Array[] = [];
  const texts = [...inputs].map(([name, tensor]) => {
    const raw = rawBytes(tensor.data);
    data.push(raw);
    return `${headOf(name, tensor)},"parameters":{"binary_data_size":${raw.length}}}`;
  });
  const head = Buffer.from(`{"inputs":[${texts.join(',')}],${wanted(outputs, true)}}`);
  return { bytes: Buffer.concat([head, ...data]), head: head.length };
}

function headOf(name: string, { dtype, shape }: TensorValue): string {
  return `{"name":${JSON.stringify(name)},"datatype":"${datatypes[dtype]}","shape":[${shape.join(',')}]`;
}

function wanted(outputs: readonly string[], binary: boolean): string {
  const parameters = { binary_data: binary };
  return `"outputs":${JSON.stringify(outputs.map((name) => ({ name, parameters })))}`;
}

function elementsOf({ dtype, data }: TensorValue): (number | bigint | string | boolean)[] {
  const elements = [...data] as (number | bigint | string)[];
  if (dtype === 'float16') return elements.map((bits) => float16Value(Number(bits)));
  return dtype === 'bool' ? elements.map((bit) => bit === 1) : elements;
}

function elementText(value: number | bigint | string | boolean): string {
  if (typeof value === 'bigint') return String(value);
  // JSON.stringify would write -0 as 0.
  return Object.is(value, -0) ? '-0' : JSON.stringify(value);
}

interface OutputHead {
  name: string;
  datatype: string;
  shape: number[];
  data?: unknown[];
  parameters?: { binary_data_size?: number };
}

/** The outputs of an answer by name, and the version that gave it. Throws if it breaks the protocol. */
export function readAnswer({ bytes, head }: RestBody): {
  version: unknown;
  outputs: Map<string, TensorValue>;
} {
  const json = parseExactly(bytes.toString('utf8', 0, head === 0 ? bytes.length : head)) as {
    model_version?: unknown;
    outputs: OutputHead[];
  };
  let at = head;
  const outputs = new Map<string, TensorValue>();
  for (const { name, datatype, shape, data, parameters } of json.outputs) {
    const dtype = dtypeOf(datatype);
    if (dtype === undefined) throw new Error(`output ${name} has the unknown datatype ${datatype}`);
    if (data !== undefined) {
      outputs.set(name, readJsonTensor({ where: name, dtype, shape, data: data.map(asGolden(dtype)) }));
      continue;
    }
    const end = at + (parameters?.binary_data_size ?? 0);
    outputs.set(name, tensorOf(name, dtype, shape, bytes.subarray(at, end)));
    at = end;
  }
  return { version: json.model_version, outputs };
}

/** A tensor of raw bytes. Throws if they are not as many as the shape needs. */
export function tensorOf(name: string, dtype: FeedDtype, shape: number[], bytes: Uint8Array): TensorValue {
  const elements = shape.reduce((product, size) => product * size, 1);
  return { dtype, shape, data: readRaw({ name, dtype, shape }, dtype, shape, elements, bytes) };
}

/** Integers as their digits, which a double may not hold. */
function parseExactly(text: string): unknown {
  const parse = JSON.parse as (
    text: string,
    reviver: (key: string, value: unknown, context?: { source?: string }) => unknown,
  ) => unknown;
  return parse(text, (_key, value, context) =>
    typeof value === 'number' && !Number.isSafeInteger(value) && /^-?\d+$/.test(context?.source ?? '')
      ? context?.source
      : value,
  );
}

/** JSON has neither NaN nor infinities: the protocol writes null. */
function asGolden(dtype: FeedDtype): (value: unknown) => unknown {
  return (value) => (value === null && dtype !== 'string' && elementBytes[dtype] > 1 ? 'NaN' : value);
}
