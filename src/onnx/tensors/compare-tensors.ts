import type { TensorValue } from '../feeds/feed-dtypes.ts';
import { bfloat16Value, float16Value } from './half-floats.ts';

/** `|actual − expected| ≤ atol + rtol · |expected|` */
export interface Tolerance {
  atol: number;
  rtol: number;
}

/** A tensor to compare; also bfloat16, as its bits, because other runtimes can return it. */
export type ComparedTensor = Omit<TensorValue, 'dtype'> & { dtype: TensorValue['dtype'] | 'bfloat16' };

/**
 * A number in JSON form: NaN and infinities as their names, integers beyond the precision of a
 * double as their digits.
 */
export type JsonNumber = number | string;

/** The element that is furthest off relative to its tolerance. */
export interface WorstElement {
  /** Null: the tensors differ in type or shape; `expected` and `actual` then say which. */
  index: number[] | null;
  expected: JsonNumber | boolean;
  actual: JsonNumber | boolean;
  /** Null if there is no difference to measure: for strings, booleans, NaN. */
  abs: JsonNumber | null;
  /** Relative to the expected value; also null if that is 0. */
  rel: JsonNumber | null;
}

export interface TensorComparison {
  match: boolean;
  /** Null if all elements are equal. */
  worst: WorstElement | null;
  elements: number;
  /** Elements beyond the tolerance. */
  mismatches: number;
  /** Over all elements; null for types whose differences cannot be measured. */
  maxAbs: JsonNumber | null;
  maxRel: JsonNumber | null;
}

const floatTolerances = new Map<string, Tolerance>([
  ['float64', { atol: 1e-5, rtol: 1e-4 }],
  ['float32', { atol: 1e-5, rtol: 1e-4 }],
  ['float16', { atol: 2.5e-3, rtol: 1e-3 }],
  ['bfloat16', { atol: 0.02, rtol: 0.01 }],
]);
const exact: Tolerance = { atol: 0, rtol: 0 };
/** The least ratio of a mismatch, which rounding could otherwise make look like a match. */
const beyond = 1 + Number.EPSILON;

/**
 * The default tolerance of a dtype, overridden by `chosen`. Everything except floats is always
 * compared exactly.
 */
export function toleranceFor(dtype: ComparedTensor['dtype'], ...chosen: Partial<Tolerance>[]): Tolerance {
  const usual = floatTolerances.get(dtype);
  if (usual === undefined) return exact;
  const pick = (key: keyof Tolerance): number =>
    chosen.find((one) => one[key] !== undefined)?.[key] ?? usual[key];
  return { atol: pick('atol'), rtol: pick('rtol') };
}

/**
 * Compares the output of a model with the expected output. NaN equals NaN, an infinity only itself,
 * −0 equals 0; strings, booleans and integers are equal or not. A different dtype or shape is a
 * mismatch of every element.
 */
export function compareTensors(
  expected: ComparedTensor,
  actual: ComparedTensor,
  tolerance: Tolerance,
): TensorComparison {
  const elements = expected.shape.reduce((product, size) => product * size, 1);
  if (expected.dtype !== actual.dtype || expected.shape.join() !== actual.shape.join()) {
    const worst = { index: null, expected: typeOf(expected), actual: typeOf(actual), abs: null, rel: null };
    return { match: false, worst, elements, mismatches: elements, maxAbs: null, maxRel: null };
  }
  const read = readerOf(expected.dtype);
  let mismatches = 0;
  const measurable = elements > 0 && expected.dtype !== 'string' && expected.dtype !== 'bool';
  let [maxAbs, maxRel] = [0, 0];
  let worst: { at: number; ratio: number; abs: number } | null = null;
  for (let at = 0; at < elements; at++) {
    const want = read(expected.data[at]);
    const got = read(actual.data[at]);
    if (got === want || (Number.isNaN(got) && Number.isNaN(want))) continue;
    const abs = difference(got, want);
    const size = typeof want === 'number' || typeof want === 'bigint' ? Math.abs(Number(want)) : NaN;
    // An infinite difference is never allowed: with an infinite expected value, the formula would
    // allow anything.
    const allowed = abs < Infinity ? tolerance.atol + tolerance.rtol * size : 0;
    const within = abs <= allowed;
    if (!within) mismatches += 1;
    if (abs > maxAbs) maxAbs = abs;
    if (abs / size > maxRel && size > 0) maxRel = abs / size;
    const ratio = within ? Math.min(1, abs / allowed) : Math.max(beyond, abs / allowed || Infinity);
    const isWorse = worst === null || ratio > worst.ratio || (ratio === worst.ratio && abs > worst.abs);
    if (isWorse) worst = { at, ratio, abs };
  }
  return {
    match: mismatches === 0,
    worst: worst === null ? null : describe(expected, actual, worst.at, worst.abs),
    elements,
    mismatches,
    maxAbs: measurable ? jsonNumber(maxAbs) : null,
    maxRel: measurable ? jsonNumber(maxRel) : null,
  };
}

type Scalar = number | bigint | string | boolean;

/** Converts an element of the data to its value. */
function readerOf(dtype: ComparedTensor['dtype']): (element: number | bigint | string | undefined) => Scalar {
  if (dtype === 'float16') return (bits) => float16Value(Number(bits));
  if (dtype === 'bfloat16') return (bits) => bfloat16Value(Number(bits));
  if (dtype === 'bool') return (bit) => bit !== 0;
  return (element) => element ?? NaN;
}

/** NaN if there is no difference to measure. */
function difference(a: Scalar, b: Scalar): number {
  if (typeof a === 'bigint' && typeof b === 'bigint') return Number(a > b ? a - b : b - a);
  return typeof a === 'number' && typeof b === 'number' ? Math.abs(a - b) : NaN;
}

function describe(expected: ComparedTensor, actual: ComparedTensor, at: number, abs: number): WorstElement {
  const read = readerOf(expected.dtype);
  const [want, got] = [read(expected.data[at]), read(actual.data[at])];
  const rel = abs / Math.abs(Number(want));
  const exactly =
    typeof got === 'bigint' && typeof want === 'bigint' ? (got > want ? got - want : want - got) : abs;
  return {
    index: indexOf(at, expected.shape),
    expected: jsonScalar(want),
    actual: jsonScalar(got),
    abs: Number.isNaN(abs) ? null : jsonNumber(exactly),
    rel: Number.isNaN(rel) || Number(want) === 0 ? null : jsonNumber(rel),
  };
}

/** The index of the element at a row-major position, one number per dimension. */
function indexOf(at: number, shape: readonly number[]): number[] {
  const index: number[] = [];
  let rest = at;
  for (const size of shape.toReversed()) {
    index.unshift(rest % size);
    rest = Math.floor(rest / size);
  }
  return index;
}

function jsonScalar(value: Scalar): JsonNumber | boolean {
  return typeof value === 'number' || typeof value === 'bigint' ? jsonNumber(value) : value;
}

function jsonNumber(value: number | bigint): JsonNumber {
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value);
  return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
}

function typeOf({ dtype, shape }: ComparedTensor): string {
  return `${dtype}[${shape.join(',')}]`;
}
