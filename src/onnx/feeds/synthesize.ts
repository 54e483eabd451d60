import { MlregError } from '../../core/errors.ts';
import { quote } from '../../core/text/quote.ts';
import type { Signature, ValueInfo } from '../../core/versions/signature.ts';
import { elementBytes, isFeedDtype, type FeedDtype } from './feed-dtypes.ts';
import type { ShapeChoices, TensorInput } from './given-sizes.ts';
import { chooseShapes } from './input-shapes.ts';

/**
 * How to generate an input's elements. Floats fill [low, high), integers low … high, both included.
 */
export type Fill = { kind: 'uniform'; low: number; high: number } | { kind: 'ones' } | { kind: 'strings' };

/** One input to generate; JSON-safe, so that another process can generate the data. */
export interface FeedPlan {
  name: string;
  dtype: FeedDtype;
  shape: number[];
  fill: Fill;
  seed: number;
}

export interface InputPlan {
  feeds: FeedPlan[];
  /** Shape by input name. */
  shapes: Record<string, number[]>;
  /** Bytes of the tensors, strings counted at 16 each. */
  bytes: number;
  warnings: string[];
}

export interface InputChoices extends ShapeChoices {
  seed: number;
  /** Lowest and highest value by input name, instead of the defaults. */
  ranges?: ReadonlyMap<string, readonly [low: number, high: number]> | undefined;
}

const integerLimits: Partial<Record<FeedDtype, [low: number, high: number]>> = {
  int8: [-128, 127],
  int16: [-(2 ** 15), 2 ** 15 - 1],
  int32: [-(2 ** 31), 2 ** 31 - 1],
  int64: [Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
  uint8: [0, 255],
  uint16: [0, 2 ** 16 - 1],
  uint32: [0, 2 ** 32 - 1],
  uint64: [0, Number.MAX_SAFE_INTEGER],
};
const mostBytes = 2 ** 30;
/**
 * `attention_mask`, `mask`, `attentionMask:0`: masks of zeros would switch off a part of the model.
 */
const maskName = /mask(?:[^a-z]|$)/i;

/**
 * Plans generated inputs for a model: every tensor input without a default, dynamic dimensions as
 * chosen or 1, floats U(0, 1), integers and booleans {0, 1} (indices that are safe in any
 * embedding), masks ones, strings of a few letters. Allocates nothing. INVALID_INPUT for inputs
 * that cannot be generated, each named with its type, and for choices that do not fit the model.
 */
export function planInputs(signature: Signature, choices: InputChoices): InputPlan {
  try {
    return plan(signature, choices);
  } catch (cause) {
    if (!(cause instanceof MlregError)) throw cause;
    const { code, message, hint } = cause;
    throw new MlregError(code, message, { hint: `${hint} (${madeUp})`, cause });
  }
}

/** What to do if generated inputs do not suit the model. */
export const madeUp =
  'inputs are synthetic: set sizes with --shape NAME=SIZE, values with --range NAME=LOW:HIGH, or use --input PATH';

function plan(signature: Signature, { seed, ranges = new Map(), ...choices }: InputChoices): InputPlan {
  const inputs = signature.inputs.filter((input) => input.hasDefault !== true).map(requireTensor);
  for (const name of ranges.keys()) {
    if (inputs.some((input) => input.name === name)) continue;
    throw new MlregError(
      'INVALID_INPUT',
      `--range names unknown input ${quote(name)}; inputs: ${inputs.map((input) => quote(input.name)).join(', ')}`,
      { hint: '--range input_ids=0:30521' },
    );
  }
  const { shapes, warnings } = chooseShapes(inputs, choices);
  const feeds = inputs.map((input): FeedPlan => {
    const { name } = input;
    const dtype = input.dtype as FeedDtype;
    return {
      name,
      dtype,
      shape: shapes.get(name) ?? [],
      fill: chooseFill(name, dtype, ranges.get(name)),
      seed,
    };
  });
  return { feeds, shapes: Object.fromEntries(shapes), bytes: requireReasonable(feeds), warnings };
}

/** Parses `--range` values: `ids=0:30521`, once per input. INVALID_INPUT for anything else. */
export function parseRanges(texts: Iterable<string>): Map<string, [low: number, high: number]> {
  const ranges = new Map<string, [number, number]>();
  for (const text of texts) {
    const [, name = '', low, high] = /^(.+)=([^:=]+):([^:=]+)$/.exec(text.trim()) ?? [];
    const range: [number, number] = [Number(low ?? Number.NaN), Number(high ?? Number.NaN)];
    if (!range.every(Number.isFinite) || range[0] > range[1] || ranges.has(name)) {
      throw new MlregError(
        'INVALID_INPUT',
        `invalid range ${quote(text)}: expected NAME=LOW:HIGH, once per input`,
        {
          hint: '--range input_ids=0:30521',
        },
      );
    }
    ranges.set(name, range);
  }
  return ranges;
}

function requireTensor(input: ValueInfo): TensorInput {
  const { name, dtype, type } = input;
  if (isFeedDtype(dtype) && type.startsWith('tensor')) return { ...input, dtype };
  throw new MlregError(
    'INVALID_INPUT',
    `cannot feed input ${quote(name)} (${type}): supported are tensors of float16/32/64, 8 to 64 bit integers, bool and string`,
    { hint: 'use a version with inputs of these types' },
  );
}

function chooseFill(name: string, dtype: FeedDtype, range: readonly [number, number] | undefined): Fill {
  if (dtype === 'string' || dtype === 'bool') {
    if (range !== undefined)
      throw new MlregError('INVALID_INPUT', `input ${quote(name)} is ${dtype}, which has no range`, {
        hint: 'omit its --range',
      });
    if (dtype === 'string') return { kind: 'strings' };
  }
  if (range === undefined)
    return maskName.test(name) ? { kind: 'ones' } : { kind: 'uniform', low: 0, high: 1 };
  const [low, high] = range;
  const limits = integerLimits[dtype];
  const fits =
    limits === undefined ||
    (Number.isInteger(low) && Number.isInteger(high) && low >= limits[0] && high <= limits[1]);
  if (fits) return { kind: 'uniform', low, high };
  throw new MlregError('INVALID_INPUT', `the range ${low}:${high} of ${quote(name)} does not fit ${dtype}`, {
    hint: 'use integers within the range of the type',
  });
}

function requireReasonable(feeds: readonly FeedPlan[]): number {
  let bytes = 0;
  for (const { name, dtype, shape } of feeds) {
    bytes += shape.reduce((product, size) => product * size, elementBytes[dtype]);
    if (bytes <= mostBytes) continue;
    throw new MlregError(
      'INVALID_INPUT',
      `inputs are limited to 1 GiB: ${quote(name)} would be ${dtype} ${shape.join('x')}`,
      { hint: 'choose smaller sizes with --batch or --shape' },
    );
  }
  return bytes;
}
