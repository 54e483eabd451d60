import { MlregError } from '../../core/errors.ts';
import { quote } from '../../core/text/quote.ts';
import { counted } from '../../core/text/numbers.ts';
import { type FeedDtype, type TensorValue, allocateData, isFeedDtype } from '../feeds/feed-dtypes.ts';
import { float16Bits, float16Value } from './half-floats.ts';

/** A tensor in the form of a golden JSON file. */
export interface JsonTensor {
  /** Its place in the file, for messages. */
  where: string;
  dtype: string;
  shape: number[];
  data: unknown[];
}

const integerRanges: Partial<Record<FeedDtype, readonly [low: bigint, high: bigint]>> = {
  int8: [-128n, 127n],
  int16: [-(2n ** 15n), 2n ** 15n - 1n],
  int32: [-(2n ** 31n), 2n ** 31n - 1n],
  int64: [-(2n ** 63n), 2n ** 63n - 1n],
  uint8: [0n, 255n],
  uint16: [0n, 2n ** 16n - 1n],
  uint32: [0n, 2n ** 32n - 1n],
  uint64: [0n, 2n ** 64n - 1n],
};
/** Types whose values can be strings of digits in JSON. */
const wide = new Set<FeedDtype>(['int64', 'uint64']);
/** Values for which JSON has no numbers. */
const notFinite = new Map<unknown, number>([
  ['NaN', NaN],
  ['Infinity', Infinity],
  ['-Infinity', -Infinity],
]);
const highestRank = 64;

/**
 * Checks `{dtype, shape, data}` except the elements of `data`. `where` is its place, for
 * INVALID_INPUT.
 */
export function parseJsonTensor(value: unknown, where: string): JsonTensor {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw refuse(where, 'it must be an object {dtype, shape, data}');
  }
  const { dtype, shape, data, ...rest } = value as Record<string, unknown>;
  const [extra] = Object.keys(rest);
  if (extra !== undefined) throw refuse(where, `unknown key ${quote(extra)}`);
  if (typeof dtype !== 'string') throw refuse(where, '"dtype" must be a string, for example float32');
  if (!Array.isArray(shape) || !shape.every(isSize) || shape.length > highestRank) {
    throw refuse(where, '"shape" must be a list of sizes, for example [1, 64]; a scalar has []');
  }
  if (!Array.isArray(data)) throw refuse(where, '"data" must be a flat list, in row-major order');
  const elements = shape.reduce((product, size) => product * size, 1);
  if (elements !== data.length) {
    throw refuse(
      where,
      `"data" has ${counted(data.length, 'element')}, but the shape [${shape.join(',')}] needs ${elements}`,
    );
  }
  return { where, dtype, shape, data };
}

/**
 * The elements in ONNX Runtime's form. INVALID_INPUT names an element that its dtype cannot hold.
 */
export function readJsonTensor({ where, dtype, shape, data }: JsonTensor): TensorValue {
  if (!isFeedDtype(dtype)) throw refuse(where, `unsupported dtype ${quote(dtype)}`);
  const misfit: Misfit = (element, at, why) => {
    const shown = typeof element === 'string' ? quote(element) : JSON.stringify(element).slice(0, 40);
    const what =
      wide.has(dtype) && isRounded(element) ? roundedTo(element) : `${shown} is not a valid ${dtype}`;
    return refuse(where, `data[${at}]: ${what}; ${why}`, exampleOf(dtype));
  };
  if (dtype === 'string') {
    return { dtype, shape, data: data.map((element, at) => toText(element, at, misfit)) };
  }
  const numbers = allocateData(dtype, data.length);
  const range = integerRanges[dtype];
  const toElement =
    dtype === 'bool' ? toBool : range === undefined ? floatReader(dtype) : integerReader(dtype, range);
  data.forEach((element, at) => {
    numbers[at] = toElement(element, at, misfit) as number;
  });
  return { dtype, shape, data: numbers };
}

/** Creates the error for an element at a position. */
type Misfit = (element: unknown, at: number, why: string) => MlregError;
type ToElement = (element: unknown, at: number, misfit: Misfit) => number | bigint;

function toText(element: unknown, at: number, misfit: Misfit): string {
  if (typeof element === 'string') return element;
  throw misfit(element, at, 'use strings');
}

function toBool(element: unknown, at: number, misfit: Misfit): number {
  if (typeof element === 'boolean') return Number(element);
  throw misfit(element, at, 'use true or false');
}

function floatReader(dtype: FeedDtype): ToElement {
  return (element, at, misfit) => {
    const special = notFinite.get(element);
    const value = special ?? element;
    if (typeof value !== 'number') {
      throw misfit(element, at, 'use numbers, "NaN", "Infinity" or "-Infinity"');
    }
    const stored =
      dtype === 'float16'
        ? float16Value(float16Bits(value))
        : dtype === 'float32'
          ? Math.fround(value)
          : value;
    if (special === undefined && !Number.isFinite(stored)) throw misfit(element, at, 'it is too large');
    return dtype === 'float16' ? float16Bits(value) : value;
  };
}

function integerReader(dtype: FeedDtype, [low, high]: readonly [bigint, bigint]): ToElement {
  const isWide = wide.has(dtype);
  return (element, at, misfit) => {
    const digits = isWide && typeof element === 'string' && /^-?\d{1,20}$/.test(element);
    if (!digits && !Number.isInteger(element)) throw misfit(element, at, 'use integers');
    if (isWide && isRounded(element)) throw misfit(element, at, 'use a string of digits');
    const value = BigInt(element as string | number);
    if (value < low || value > high) throw misfit(element, at, `the range is ${low} to ${high}`);
    return isWide ? value : Number(value);
  };
}

/** Whether JSON.parse may have rounded a whole number: its original digits are lost. */
function isRounded(element: unknown): element is number {
  return Number.isInteger(element) && !Number.isSafeInteger(element);
}

function roundedTo(element: number): string {
  const limit = Math.sign(element) * Number.MAX_SAFE_INTEGER;
  return `beyond ${limit}, integers in JSON lose digits (this one reads as ${element})`;
}

function isSize(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

function refuse(where: string, why: string, example = tensorOf('float32', '0.5, 1')): MlregError {
  return new MlregError('INVALID_INPUT', `${where}: ${why}`, { hint: `a tensor is ${example}` });
}

/** An example of a tensor of this type in JSON, with its special rules. */
function exampleOf(dtype: FeedDtype): string {
  if (dtype === 'string') return tensorOf(dtype, '"a", "b"');
  if (dtype === 'bool') return tensorOf(dtype, 'true, false');
  if (wide.has(dtype)) return tensorOf(dtype, '3, "9007199254740993"');
  return tensorOf(dtype, dtype in integerRanges ? '3, 4' : '0.5, "NaN"');
}

function tensorOf(dtype: FeedDtype, data: string): string {
  return `{"dtype": "${dtype}", "shape": [1, 2], "data": [${data}]}`;
}
