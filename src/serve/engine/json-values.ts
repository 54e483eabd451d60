import { integerRanges } from '../../core/element-types.ts';
import { allocateData, type FeedData, type FeedDtype } from '../../onnx/feeds/feed-dtypes.ts';
import { float16Bits, float16Value } from '../../onnx/tensors/half-floats.ts';
import { datatypes } from './datatypes.ts';
import type { PlannedValue } from './plan.ts';
import { badRequest, shown } from './refusal.ts';
import { shapeText, wrongCount } from './tensors-in.ts';

const ranges: Partial<Record<FeedDtype, readonly [low: number, high: number]>> = integerRanges;
const wideRanges: Partial<Record<FeedDtype, readonly [low: bigint, high: bigint]>> = {
  int64: [-(2n ** 63n), 2n ** 63n - 1n],
  uint64: [0n, 2n ** 64n - 1n],
};

/**
 * The exact integer at a place of `data`, from the text of the request: JSON.parse rounds integers
 * beyond 2^53.
 */
export type ExactInteger = (at: number) => bigint | undefined;

/**
 * The elements of an input from a JSON list, flat or nested as its shape. `null` is NaN, for floats
 * only. Refused if an element is not of the dtype, with its place.
 */
export function readValues(
  input: PlannedValue,
  dtype: FeedDtype,
  shape: readonly number[],
  elements: number,
  given: unknown,
  exact: ExactInteger,
): FeedData {
  if (!Array.isArray(given)) {
    // A scalar may come without its list.
    if (shape.length > 0 || given === undefined || typeof given === 'object')
      throw badRequest(`input ${shown(input.name)} must have "data": a list of values`);
    return readValues(input, dtype, shape, elements, [given], exact);
  }
  const flat: unknown[] = given;
  const list = Array.isArray(flat[0]) && shape.length > 1 ? flatten(input, shape, flat) : flat;
  if (list.length !== elements) throw wrongCount(input, shape, list.length, elements);
  if (dtype === 'string')
    return list.map((value, at) => (typeof value === 'string' ? value : fail(input, dtype, value, at)));
  const data = allocateData(dtype, elements);
  if (dtype === 'float32' || dtype === 'float64') {
    const floats = data as Float32Array;
    for (let at = 0; at < elements; at++) {
      const value = list[at];
      if (typeof value !== 'number') floats[at] = value === null ? NaN : fail(input, dtype, value, at);
      else {
        floats[at] = value;
        if (!Number.isFinite(floats[at])) fail(input, dtype, value, at);
      }
    }
    return data;
  }
  const range = ranges[dtype];
  const wide = wideRanges[dtype];
  for (let at = 0; at < elements; at++) {
    const value = list[at];
    if (range !== undefined) {
      if (!Number.isInteger(value) || (value as number) < range[0] || (value as number) > range[1])
        fail(input, dtype, value, at);
      data[at] = value as number;
    } else if (wide !== undefined) {
      data[at] = readWide(input, dtype, wide, value, at, exact) as never;
    } else if (dtype === 'bool') {
      if (typeof value !== 'boolean' && value !== 0 && value !== 1) fail(input, dtype, value, at);
      data[at] = Number(value);
    } else {
      // float16
      if (typeof value !== 'number' && value !== null) fail(input, dtype, value, at);
      const bits = float16Bits(value === null ? NaN : value);
      if (value !== null && !Number.isFinite(float16Value(bits))) fail(input, dtype, value, at);
      data[at] = bits;
    }
  }
  return data;
}

function readWide(
  input: PlannedValue,
  dtype: FeedDtype,
  [low, high]: readonly [bigint, bigint],
  value: unknown,
  at: number,
  exact: ExactInteger,
): bigint {
  if (!Number.isInteger(value)) fail(input, dtype, value, at);
  const integer = Number.isSafeInteger(value) ? BigInt(value as number) : exact(at);
  if (integer === undefined)
    throw badRequest(
      `input ${shown(input.name)}: value ${at} is ${shown(value)}, which JSON on this server may have rounded; ` +
        'send integers beyond 2^53 as binary data',
    );
  if (integer < low || integer > high) fail(input, dtype, value, at);
  return integer;
}

function fail(input: PlannedValue, dtype: FeedDtype, value: unknown, at: number): never {
  throw badRequest(
    `input ${shown(input.name)}: value ${at} is ${shown(value)}, which is not ${datatypes[dtype]}`,
  );
}

/** Nested lists, each as long as its dimension says. */
function flatten(input: PlannedValue, shape: readonly number[], nested: readonly unknown[]): unknown[] {
  let level: readonly unknown[] = nested;
  if (level.length !== shape[0]) throw misshapen(input, shape);
  for (const size of shape.slice(1)) {
    const next: unknown[] = [];
    for (const part of level) {
      if (!Array.isArray(part) || part.length !== size) throw misshapen(input, shape);
      for (const value of part) next.push(value);
    }
    level = next;
  }
  return level as unknown[];
}

function misshapen(input: PlannedValue, shape: readonly number[]): Error {
  return badRequest(
    `input ${shown(input.name)}: its nested "data" does not have the shape ${shapeText(shape)}; a flat list is fine, too`,
  );
}
