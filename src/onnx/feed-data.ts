import { createHash } from 'node:crypto';
import { nextBelow, nextDouble, seededRandom, type RandomUint32 } from '../core/seeded-random.ts';
import type { FeedDtype, FeedPlan, Fill } from './synthesize.ts';

export type FeedData =
  | Float32Array
  | Float64Array
  | Uint16Array
  | Int8Array
  | Int16Array
  | Int32Array
  | BigInt64Array
  | Uint8Array
  | Uint32Array
  | BigUint64Array
  | string[];

/** The data of one feed: float16 as its bits, booleans as 0 and 1, strings as an array. The same plan gives the same data. */
export function materialiseFeed({ name, dtype, shape, fill, seed }: FeedPlan): FeedData {
  const count = shape.reduce((product, size) => product * size, 1);
  const random = seededRandom(seed, name);
  if (fill.kind === 'strings') return Array.from({ length: count }, () => seededWord(random));
  const next = elementSource(dtype, fill, random);
  const data = allocate(dtype, count);
  if (data instanceof BigInt64Array || data instanceof BigUint64Array) {
    for (let at = 0; at < count; at++) data[at] = BigInt(next());
  } else {
    for (let at = 0; at < count; at++) data[at] = next();
  }
  return data;
}

/** SHA-256 (hex) over all feeds in order: per feed a line of JSON with name, dtype and shape, then its elements, little-endian. */
export function hashFeeds(feeds: Iterable<{ plan: FeedPlan; data: FeedData }>): string {
  const hash = createHash('sha256');
  for (const { plan, data } of feeds) {
    hash.update(`${JSON.stringify({ name: plan.name, dtype: plan.dtype, shape: plan.shape })}\n`);
    hash.update(
      Array.isArray(data)
        ? JSON.stringify(data)
        : new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
    );
  }
  return hash.digest('hex');
}

function elementSource(
  dtype: FeedDtype,
  fill: Exclude<Fill, { kind: 'strings' }>,
  random: RandomUint32,
): () => number {
  const float = dtype.startsWith('float');
  if (fill.kind === 'ones') return dtype === 'float16' ? () => float16Bits(1) : () => 1;
  const { low, high } = fill;
  if (dtype === 'float16') return () => float16Bits(low + nextDouble(random) * (high - low));
  if (float) return () => low + nextDouble(random) * (high - low);
  const count = high - low + 1;
  return count <= 2 ** 32
    ? () => low + nextBelow(random, count)
    : () => Math.min(high, low + Math.floor(nextDouble(random) * count));
}

function allocate(dtype: FeedDtype, count: number): Exclude<FeedData, string[]> {
  switch (dtype) {
    case 'float32':
      return new Float32Array(count);
    case 'float64':
      return new Float64Array(count);
    case 'float16':
      return new Uint16Array(count);
    case 'int8':
      return new Int8Array(count);
    case 'int16':
      return new Int16Array(count);
    case 'int32':
      return new Int32Array(count);
    case 'int64':
      return new BigInt64Array(count);
    case 'uint16':
      return new Uint16Array(count);
    case 'uint32':
      return new Uint32Array(count);
    case 'uint64':
      return new BigUint64Array(count);
    case 'uint8':
    case 'bool':
    case 'string':
      return new Uint8Array(count);
  }
}

/** The bits of the half-precision float nearest to `value`, ties to even (IEEE 754 binary16). */
export function float16Bits(value: number): number {
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const size = Math.abs(value);
  if (Number.isNaN(value)) return 0x7e00;
  if (size >= 65520) return sign | 0x7c00;
  const exponent = Math.max(-14, Math.floor(Math.log2(size || 1)));
  const steps = roundHalfEven((size / 2 ** exponent) * 1024);
  // A value that rounds up to the next power of two carries into the exponent by itself.
  return sign | (steps < 1024 ? steps : ((exponent + 15) << 10) + (steps - 1024));
}

function roundHalfEven(value: number): number {
  const down = Math.floor(value);
  const rest = value - down;
  return rest > 0.5 || (rest === 0.5 && down % 2 === 1) ? down + 1 : down;
}

function seededWord(random: RandomUint32): string {
  const length = 4 + nextBelow(random, 5);
  return String.fromCharCode(...Array.from({ length }, () => 97 + nextBelow(random, 26)));
}
