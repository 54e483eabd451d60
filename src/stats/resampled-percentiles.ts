import { nextBelow, type RandomUint32 } from '../core/seeded-random.ts';
import { nearestRank } from './quantiles.ts';

/**
 * The low digits of each number tell the unit of a sample, which leaves 2^53 / 2,048 ns = 73
 * minutes for the sample itself.
 */
export const mostUnits = 2048;
const mostRows = 512;

/**
 * Samples in units that are drawn as a whole, indexed so that percentiles of a resample can be
 * computed without building it.
 */
export interface SampleIndex {
  /** Milliseconds, ascending. */
  sorted: Float64Array;
  /** The unit of each element of `sorted`. */
  units: Uint16Array;
  /** How many samples each unit has. */
  sizes: Uint32Array;
  /** `counts[row]`: how many of the `row × step` smallest samples are from each unit. */
  counts: Uint32Array[];
  step: number;
}

/**
 * Rounds samples to nanoseconds; samples of 2^53 / units ns or more count as that long.
 *
 * @param units at most `mostUnits`, each the arrays of its samples in milliseconds, finite and not
 *   negative
 */
export function indexSamples(units: readonly (readonly Float64Array[])[]): SampleIndex {
  const sizes = Uint32Array.from(units, (arrays) => arrays.reduce((sum, { length }) => sum + length, 0));
  const total = sizes.reduce((sum, size) => sum + size, 0);
  const longest = Math.floor(Number.MAX_SAFE_INTEGER / units.length) - 1;
  // Nanoseconds × units + unit: a plain numeric sort is several times as fast as a sort that
  // compares pairs.
  const keys = new Float64Array(total);
  let filled = 0;
  units.forEach((arrays, unit) => {
    for (const samples of arrays) {
      for (const sample of samples) {
        keys[filled++] = Math.min(longest, Math.round(sample * 1e6)) * units.length + unit;
      }
    }
  });
  keys.sort();
  const sorted = new Float64Array(total);
  const owners = new Uint16Array(total);
  const step = Math.max(1, Math.ceil(total / mostRows));
  const counts: Uint32Array[] = [];
  const running = new Uint32Array(units.length);
  for (let at = 0; at < total; at++) {
    if (at % step === 0) counts.push(running.slice());
    const key = keys[at] ?? 0;
    const nanoseconds = Math.floor(key / units.length);
    const unit = key - nanoseconds * units.length;
    sorted[at] = nanoseconds / 1e6;
    owners[at] = unit;
    running[unit] = (running[unit] ?? 0) + 1;
  }
  return { sorted, units: owners, sizes, counts, step };
}

/**
 * Nearest-rank percentile, in milliseconds, of the resample in which every unit occurs as often as
 * `weights` says; NaN if it has no sample. The result is the sample where the weights of the
 * smaller ones add up to the rank. A binary search among precomputed rows finds it, then a walk of
 * one step at most, so that the cost does not depend on how much units differ.
 */
export function resampledPercentile(index: SampleIndex, weights: Uint32Array, p: number): number {
  const { sorted, units, sizes, counts, step } = index;
  const rank = nearestRank(p, dot(weights, sizes));
  let row = 0;
  let reached = 0;
  for (let end = counts.length; end - row > 1;) {
    const middle = (row + end) >>> 1;
    const weight = dot(weights, counts[middle] ?? sizes);
    if (weight < rank) [row, reached] = [middle, weight];
    else end = middle;
  }
  let at = row * step;
  while (reached < rank && at < sorted.length) reached += weights[units[at++] ?? 0] ?? 0;
  return sorted[at - 1] ?? Number.NaN;
}

/**
 * Draws units with replacement, from each stratum `missing` fewer than it has, and counts in
 * `weights` how often each was drawn.
 *
 * @param strata how many units each has, in the order of the units
 */
export function drawUnits(
  random: RandomUint32,
  strata: readonly number[],
  weights: Uint32Array,
  missing = 0,
): void {
  weights.fill(0);
  let first = 0;
  for (const count of strata) {
    for (let draw = missing; draw < count; draw++) {
      const unit = first + nextBelow(random, count);
      weights[unit] = (weights[unit] ?? 0) + 1;
    }
    first += count;
  }
}

function dot(a: Uint32Array, b: Uint32Array): number {
  let sum = 0;
  for (let at = 0; at < a.length; at++) sum += (a[at] ?? 0) * (b[at] ?? 0);
  return sum;
}
