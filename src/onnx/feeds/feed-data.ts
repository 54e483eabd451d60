import { createHash } from 'node:crypto';
import { nextBelow, nextDouble, seededRandom, type RandomUint32 } from '../../core/seeded-random.ts';
import { allocateData, type FeedData, type FeedDtype } from './feed-dtypes.ts';
import { float16Bits } from '../tensors/half-floats.ts';
import type { FeedPlan, Fill } from './synthesize.ts';

/**
 * The data of one input: float16 as its bits, booleans as 0 and 1, strings as an array. The same
 * plan gives the same data.
 */
export function materialiseFeed({ name, dtype, shape, fill, seed }: FeedPlan): FeedData {
  const count = shape.reduce((product, size) => product * size, 1);
  const random = seededRandom(seed, name);
  if (fill.kind === 'strings' || dtype === 'string')
    return Array.from({ length: count }, () => seededWord(random));
  const next = elementSource(dtype, fill, random);
  const data = allocateData(dtype, count);
  if (data instanceof BigInt64Array || data instanceof BigUint64Array) {
    for (let at = 0; at < count; at++) data[at] = BigInt(next());
  } else {
    for (let at = 0; at < count; at++) data[at] = next();
  }
  return data;
}

/**
 * SHA-256 (hex) over all inputs in order, case after case: per input a line of JSON with name,
 * dtype and shape, then its elements, little-endian.
 */
export function hashFeeds(
  feeds: Iterable<Pick<FeedPlan, 'name' | 'dtype' | 'shape'> & { data: FeedData }>,
): string {
  const hash = createHash('sha256');
  for (const { name, dtype, shape, data } of feeds) {
    hash.update(`${JSON.stringify({ name, dtype, shape })}\n`);
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

function seededWord(random: RandomUint32): string {
  const length = 4 + nextBelow(random, 5);
  return String.fromCharCode(...Array.from({ length }, () => 97 + nextBelow(random, 26)));
}
