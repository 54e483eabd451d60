import type { NumberArray } from '../../core/element-types.ts';
import { elementBytes, type FeedData, type FeedDtype } from '../../onnx/feeds/feed-dtypes.ts';
import type { FedTensor } from '../../runtime/child/repeated-model.ts';
import { datatypes, describeValue, dtypeOf } from './datatypes.ts';
import type { EnginePlan, PlannedOutput, PlannedValue } from './plan.ts';
import { badRequest, shown } from './refusal.ts';

/** More than any tensor has; a larger product of sizes would not be exact. */
const mostElements = 2 ** 40;

/** The input of this name. Refused if the model has none, or cannot take it. */
export function inputNamed(plan: EnginePlan, name: unknown): number {
  const at = plan.inputs.findIndex((input) => input.name === name);
  if (at >= 0) return at;
  if (typeof name !== 'string') throw badRequest('every input must have a "name"');
  if (Object.hasOwn(plan.unusable, name)) throw badRequest(plan.unusable[name] ?? '');
  throw badRequest(`unknown input ${shown(name)}; ${namesOf('input', plan.inputs)}`);
}

/** The output of this name. Refused if the model has none, or it cannot be fetched. */
export function outputNamed(outputs: readonly PlannedOutput[], plan: EnginePlan, name: unknown): number {
  const at = outputs.findIndex((output) => output.name === name);
  if (at >= 0) return at;
  if (typeof name !== 'string') throw badRequest('every requested output must have a "name"');
  if (Object.hasOwn(plan.unusable, name)) throw badRequest(plan.unusable[name] ?? '');
  throw badRequest(`unknown output ${shown(name)}; ${namesOf('output', outputs)}`);
}

function namesOf(side: 'input' | 'output', values: readonly PlannedValue[]): string {
  return `the model has the ${side}s ${values.map((value) => `${shown(value.name)} (${describeValue(value)})`).join(', ')}`;
}

export function missingInput(input: PlannedValue): Error {
  return badRequest(`missing input ${shown(input.name)} (${describeValue(input)})`);
}

/** The dtype of an input. Refused unless it is the model's. */
export function checkDatatype(input: PlannedValue, datatype: unknown): FeedDtype {
  const dtype = dtypeOf(datatype);
  if (dtype === undefined)
    throw badRequest(
      `input ${shown(input.name)} has the unknown datatype ${shown(datatype)}; expected ${describeValue(input)}`,
    );
  if (input.dtype === null || input.dtype === dtype) return dtype;
  throw badRequest(
    `input ${shown(input.name)} has datatype ${datatypes[dtype]}, expected ${describeValue(input)}`,
  );
}

/** The number of elements of an input. Refused unless the shape fits the model's. */
export function checkShape(input: PlannedValue, shape: unknown): number {
  if (!Array.isArray(shape))
    throw badRequest(`input ${shown(input.name)} must have a "shape": a list of sizes`);
  const expected = input.shape;
  // A declared rank of 0 also stands for an unknown one: see `mayBeFedAs`.
  let fits = expected === null || expected.length === 0 || expected.length === shape.length;
  let elements = 1;
  for (let axis = 0; axis < shape.length; axis++) {
    const size: unknown = shape[axis];
    if (typeof size !== 'number' || !Number.isInteger(size) || size < 0)
      throw badRequest(
        `input ${shown(input.name)} has shape ${shown(shape)}: sizes are integers of at least 0`,
      );
    elements *= size;
    const declared = expected?.[axis];
    if (typeof declared === 'number' && declared !== size) fits = false;
  }
  if (!fits)
    throw badRequest(
      `input ${shown(input.name)} has shape ${shapeText(shape)}, expected ${describeValue(input)}`,
    );
  if (elements > mostElements)
    throw badRequest(`input ${shown(input.name)} has shape ${shapeText(shape)}: that is too large`);
  return elements;
}

/** Throws the refusal of a number of values that the shape does not have. */
export function wrongCount(
  input: PlannedValue,
  shape: readonly number[],
  values: number,
  elements: number,
): Error {
  return badRequest(
    `input ${shown(input.name)} has ${values} values, but its shape ${shapeText(shape)} needs ${elements}`,
  );
}

export function shapeText(shape: readonly unknown[]): string {
  return `[${shape.slice(0, 16).join(',')}${shape.length > 16 ? ',…' : ''}]`;
}

export function tensor(type: FeedDtype, dims: readonly number[], data: FeedData): FedTensor {
  return { type, dims, data, location: 'cpu' };
}

type NumbersConstructor = new (buffer: ArrayBufferLike, at: number, count: number) => NumberArray;

const arrays: Record<Exclude<FeedDtype, 'string'>, NumbersConstructor> = {
  float32: Float32Array,
  float64: Float64Array,
  float16: Uint16Array,
  int8: Int8Array,
  int16: Int16Array,
  int32: Int32Array,
  int64: BigInt64Array,
  uint8: Uint8Array,
  uint16: Uint16Array,
  uint32: Uint32Array,
  uint64: BigUint64Array,
  bool: Uint8Array,
};

/**
 * Reads a tensor from its raw bytes: elements little-endian in row-major order, strings each with
 * their length before them in 4 bytes, as the binary extension of the protocol has them. Refused if
 * there are more or fewer bytes than the shape needs. The data can be a view of `bytes`.
 */
export function readRaw(
  input: PlannedValue,
  dtype: FeedDtype,
  dims: readonly number[],
  elements: number,
  bytes: Uint8Array,
): FeedData {
  if (dtype === 'string') return readStrings(input, elements, bytes);
  const needed = elements * elementBytes[dtype];
  if (bytes.length !== needed)
    throw badRequest(
      `input ${shown(input.name)} has ${bytes.length} bytes of data, but ${datatypes[dtype]} ${shapeText(dims)} needs ${needed}`,
    );
  const View = arrays[dtype];
  const data =
    bytes.byteOffset % elementBytes[dtype] === 0
      ? new View(bytes.buffer, bytes.byteOffset, elements)
      : new View(new Uint8Array(bytes).buffer, 0, elements);
  if (dtype === 'bool')
    for (const bit of data)
      if (bit > 1) throw badRequest(`input ${shown(input.name)} is BOOL: each byte is 0 or 1, not ${bit}`);
  return data;
}

function readStrings(input: PlannedValue, elements: number, bytes: Uint8Array): string[] {
  const from = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const texts: string[] = [];
  let at = 0;
  while (at + 4 <= from.length) {
    const end = at + 4 + from.readUInt32LE(at);
    if (end > from.length || texts.length === elements) break;
    texts.push(from.toString('utf8', at + 4, end));
    at = end;
  }
  if (at === from.length && texts.length === elements) return texts;
  throw badRequest(
    `input ${shown(input.name)} is BYTES with ${elements} elements: its ${bytes.length} bytes must be ` +
      'that many texts, each after its length in 4 bytes',
  );
}
