import { nextBelow, seededRandom } from '../core/seeded-random.ts';
import { nearestRank, percentile } from './quantiles.ts';

export interface BootstrapChoices {
  alpha: number;
  seed: number;
  resamples?: number;
}

/** Enough to draw from, and so long in a usual measurement (40 ms) that a disturbance of the machine fits into one. */
const mostBlocks = 256;

/**
 * Percentile-bootstrap interval of each p-quantile for samples that depend on their neighbours: blocks of consecutive
 * samples are drawn with replacement, as many from each series as it has, so that what makes neighbours alike stays together.
 * Blocks are n^(1/3) samples long, or longer where that would make more than 256 of them. Samples are taken to the nanosecond.
 * Sources: H. R. Künsch, "The jackknife and the bootstrap for general stationary observations" (1989); E. Carlstein (1986) for
 * blocks that do not overlap.
 *
 * The cost is one sort and, per resample, the number of blocks plus the distance of its quantile from that of the samples: a
 * resample is never made, only its blocks are counted.
 *
 * @param series milliseconds in the order they were taken, one array per launch, below 2 hours each
 */
export function bootstrapQuantiles(
  series: readonly Float64Array[],
  ps: readonly number[],
  { alpha, seed, resamples = 2000 }: BootstrapChoices,
): { low: number; high: number }[] {
  const { keys, lengths, strata } = cutIntoBlocks(series);
  const random = seededRandom(seed, 'block bootstrap');
  const starts = ps.map((p) => countsUpTo(keys, nearestRank(p, keys.length), lengths.length));
  const drawn = ps.map(() => new Float64Array(resamples));
  const weights = new Uint32Array(lengths.length);
  for (let at = 0; at < resamples; at++) {
    weights.fill(0);
    for (const { first, count } of strata) {
      for (let draw = 0; draw < count; draw++) {
        const block = first + nextBelow(random, count);
        weights[block] = (weights[block] ?? 0) + 1;
      }
    }
    const size = dot(weights, lengths);
    ps.forEach((p, which) => {
      const values = drawn[which];
      const counts = starts[which];
      if (values === undefined || counts === undefined) return;
      values[at] = weightedQuantile(
        keys,
        weights,
        nearestRank(p, size),
        nearestRank(p, keys.length),
        dot(weights, counts),
      );
    });
  }
  return drawn.map((values) => {
    values.sort();
    return { low: percentile(values, alpha / 2), high: percentile(values, 1 - alpha / 2) };
  });
}

/** Ascending keys of nanoseconds × 256 + block: one number per sample, which a plain numeric sort puts in order. */
function cutIntoBlocks(series: readonly Float64Array[]): {
  keys: Float64Array;
  lengths: Uint32Array;
  strata: { first: number; count: number }[];
} {
  const total = series.reduce((sum, samples) => sum + samples.length, 0);
  const room = Math.max(1, mostBlocks - series.length);
  const length = Math.max(Math.ceil(Math.cbrt(total)), Math.ceil(total / room));
  const keys = new Float64Array(total);
  const lengths: number[] = [];
  const strata: { first: number; count: number }[] = [];
  let filled = 0;
  for (const samples of series) {
    const first = lengths.length;
    for (let at = 0; at < samples.length; at++) {
      if (at % length === 0) lengths.push(Math.min(length, samples.length - at));
      keys[filled++] = Math.round((samples[at] ?? 0) * 1e6) * mostBlocks + lengths.length - 1;
    }
    strata.push({ first, count: lengths.length - first });
  }
  return { keys: keys.sort(), lengths: Uint32Array.from(lengths), strata };
}

/** Of the `rank` smallest samples, how many are in each block. */
function countsUpTo(keys: Float64Array, rank: number, blocks: number): Uint32Array {
  const counts = new Uint32Array(blocks);
  for (let at = 0; at < rank; at++) {
    const block = (keys[at] ?? 0) % mostBlocks;
    counts[block] = (counts[block] ?? 0) + 1;
  }
  return counts;
}

/**
 * The sample at which the weights reach `target`, looked for from the `from` smallest samples, which weigh `weight` together.
 */
function weightedQuantile(
  keys: Float64Array,
  weights: Uint32Array,
  target: number,
  from: number,
  weight: number,
): number {
  let rank = from;
  let reached = weight;
  const weightAt = (at: number): number => weights[(keys[at - 1] ?? 0) % mostBlocks] ?? 0;
  while (reached < target && rank < keys.length) reached += weightAt(++rank);
  while (rank > 1 && reached - weightAt(rank) >= target) reached -= weightAt(rank--);
  return Math.floor((keys[rank - 1] ?? 0) / mostBlocks) / 1e6;
}

function dot(a: Uint32Array, b: Uint32Array): number {
  let sum = 0;
  for (let at = 0; at < a.length; at++) sum += (a[at] ?? 0) * (b[at] ?? 0);
  return sum;
}
