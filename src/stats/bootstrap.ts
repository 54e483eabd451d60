import type { Statistic } from '../core/measurements/bench.ts';
import { seededRandom } from '../core/seeded-random.ts';
import { percentile, minimumSamples, percentiles } from './quantiles.ts';
import { drawUnits, indexSamples, resampledPercentile, mostUnits } from './resampled-percentiles.ts';

export interface BootstrapChoices {
  alpha: number;
  seed: number;
  resamples?: number;
}

/**
 * Enough blocks to draw from. In a usual measurement each is 40 ms long, so that a disturbance of
 * the machine fits into one.
 */
const mostBlocks = 256;

/**
 * Percentile-bootstrap interval of each p-quantile, for samples that depend on their neighbours.
 * Draws blocks of consecutive samples with replacement, as many from each series as it has, so that
 * dependent samples stay together. Blocks are n^(1/3) samples long, or longer if there would be
 * more than 256 of them. Samples are rounded to nanoseconds. Sources: H. R. Künsch, "The jackknife
 * and the bootstrap for general stationary observations" (1989); E. Carlstein (1986) for blocks
 * that do not overlap.
 *
 * @param series milliseconds in the order they were taken, one array per launch, below 9 hours each
 */
export function bootstrapQuantiles(
  series: readonly Float64Array[],
  ps: readonly number[],
  { alpha, seed, resamples = 2000 }: BootstrapChoices,
): { low: number; high: number }[] {
  const launches = cutIntoBlocks(series);
  const index = indexSamples(launches.flat().map((block) => [block]));
  const strata = launches.map(({ length }) => length);
  const random = seededRandom(seed, 'block bootstrap');
  const drawn = ps.map(() => new Float64Array(resamples));
  const weights = new Uint32Array(index.sizes.length);
  for (let at = 0; at < resamples; at++) {
    drawUnits(random, strata, weights);
    ps.forEach((p, which) => {
      const values = drawn[which];
      if (values !== undefined) values[at] = resampledPercentile(index, weights, p);
    });
  }
  return drawn.map((values) => {
    values.sort();
    return { low: percentile(values, alpha / 2), high: percentile(values, 1 - alpha / 2) };
  });
}

function cutIntoBlocks(series: readonly Float64Array[]): Float64Array[][] {
  const total = series.reduce((sum, samples) => sum + samples.length, 0);
  const room = Math.max(1, mostBlocks - series.length);
  const length = Math.max(Math.ceil(Math.cbrt(total)), Math.ceil(total / room));
  return series.map((samples) =>
    Array.from({ length: Math.ceil(samples.length / length) }, (_, at) =>
      samples.subarray(at * length, (at + 1) * length),
    ),
  );
}

/**
 * Two blocks measured next to each other, in milliseconds: whatever the machine did meanwhile
 * affected both.
 */
export interface BlockPair {
  subject: Float64Array;
  baseline: Float64Array;
}

export interface PairChoices {
  statistic: Statistic;
  /** The interval excludes alpha/2 on either side. */
  alpha: number;
  seed: number;
  resamples?: number;
}

export interface PairComparison {
  statistic: Statistic;
  /** Runs of the arm with fewer runs. */
  runs: number;
  /** Percentile of the subject / that of the baseline; null: too few runs. */
  ratio: number | null;
  /** Null: unknown; the reason is in a separate field. */
  interval: { low: number; high: number; logStandardError: number } | null;
  /**
   * The interval of the medians' ratio, from the same resamples; null if `interval` is null or
   * already that of the medians.
   */
  median: { low: number; high: number } | null;
  reason: string | null;
}

/**
 * With fewer pairs, the estimate of their spread, and so the interval, is too uncertain for a gate.
 */
const fewestPairs = 8;
/** The smallest value of a percentile: the clock's resolution. */
const oneNanosecond = 1e-6;

/**
 * Compares a percentile of the subject with the baseline's: the ratio of the nearest-rank
 * percentiles of all their samples, and its percentile-bootstrap interval from resamples of block
 * pairs with replacement, stratified by launch. Pairs keep together what blocks share that are
 * close in time, strata what a launch shares. From a launch of m pairs, m − 1 are drawn, which
 * makes the variance of a mean unbiased. Drawing m would make it too small by a factor of (m −
 * 1)/m, with three launches of four pairs by a quarter. Sources: B. Efron and R. Tibshirani, "An
 * Introduction to the Bootstrap" (1993), 13.3 (percentile interval) and 6.2 (standard error); P.
 * McCarthy and C. Snowden, "The bootstrap and finite population sampling" (1985) for m − 1 draws;
 * T. Kalibera and R. Jones, "Rigorous benchmarking in reasonable time" (2013) for the ratio and for
 * resampling at the level at which runs vary.
 *
 * Leaves out pairs in which a side has no samples. Merges more than 2,048 pairs with their
 * neighbours of the same launch.
 *
 * @param launches the pairs of each launch in the order they were measured; samples finite; samples
 *   of 73 minutes or more count as 73 minutes
 */
export function comparePairs(
  launches: readonly (readonly BlockPair[])[],
  { statistic, alpha, seed, resamples = 2000 }: PairChoices,
): PairComparison {
  const strata = mergeNeighbours(launches);
  const pairs = strata.flat();
  const subject = indexSamples(pairs.map((merged) => merged.map((pair) => pair.subject)));
  const baseline = indexSamples(pairs.map((merged) => merged.map((pair) => pair.baseline)));
  const runs = Math.min(subject.sorted.length, baseline.sorted.length);
  const p = percentiles[statistic];
  const known = runs >= minimumSamples[statistic];
  const ratio = known ? ratioOf(percentile(subject.sorted, p), percentile(baseline.sorted, p)) : null;
  const reason = refusal(statistic, runs, strata);
  if (reason !== null) return { statistic, runs, ratio, interval: null, median: null, reason };

  const random = seededRandom(seed, 'pair bootstrap');
  const counts = strata.map(({ length }) => length);
  const weights = new Uint32Array(pairs.length);
  const ratios = new Float64Array(resamples);
  const medians = statistic === 'p50' ? null : new Float64Array(resamples);
  for (let at = 0; at < resamples; at++) {
    drawUnits(random, counts, weights, 1);
    const resampled = (share: number): number =>
      ratioOf(resampledPercentile(subject, weights, share), resampledPercentile(baseline, weights, share));
    ratios[at] = resampled(p);
    if (medians !== null) medians[at] = resampled(percentiles.p50);
  }
  const bounds = (sorted: Float64Array): { low: number; high: number } => ({
    low: percentile(sorted, alpha / 2),
    high: percentile(sorted, 1 - alpha / 2),
  });
  const interval = { ...bounds(ratios.sort()), logStandardError: standardDeviation(ratios.map(Math.log)) };
  return { statistic, runs, ratio, interval, median: medians && bounds(medians.sort()), reason: null };
}

function refusal(statistic: Statistic, runs: number, strata: readonly unknown[][]): string | null {
  const least = minimumSamples[statistic];
  if (runs < least) return `${statistic} needs ${least} runs per version, got ${runs}`;
  const pairs = strata.reduce((sum, { length }) => sum + length, 0);
  if (pairs < fewestPairs) return `an interval needs ${fewestPairs} block pairs, got ${pairs}`;
  const alone = strata.filter(({ length }) => length === 1).length;
  return alone === 0
    ? null
    : `an interval needs 2 block pairs in every launch; launches with only 1: ${alone} of ${strata.length}`;
}

/**
 * The pairs of each launch that has any, merged in groups just large enough to keep the total below
 * the limit.
 */
function mergeNeighbours(launches: readonly (readonly BlockPair[])[]): BlockPair[][][] {
  const whole = launches
    .map((pairs) => pairs.filter(({ subject, baseline }) => subject.length > 0 && baseline.length > 0))
    .filter(({ length }) => length > 0);
  const total = whole.reduce((sum, { length }) => sum + length, 0);
  const together = total <= mostUnits ? 1 : Math.ceil(total / (mostUnits - whole.length));
  return whole.map((pairs) =>
    Array.from({ length: Math.ceil(pairs.length / together) }, (_, at) =>
      pairs.slice(at * together, (at + 1) * together),
    ),
  );
}

function ratioOf(subject: number, baseline: number): number {
  return Math.max(subject, oneNanosecond) / Math.max(baseline, oneNanosecond);
}

function standardDeviation(values: Float64Array): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1));
}
