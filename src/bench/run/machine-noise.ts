import type { Statistic } from '../../core/measurements/bench.ts';
import { binomialCdf, normalQuantile } from '../../stats/distributions.ts';
import type { HostDrift } from '../../machine/environment.ts';
import { alphaPerLook, judgeRegression, minimumDetectable } from '../stats/regression-gate.ts';
import { comparePairs, type BlockPair } from '../../stats/bootstrap.ts';
import { lag1, meanOf } from '../../stats/quantiles.ts';

/** A usual limit on the increase. */
export const usualMargin = 0.05;
/** How long a bench times each model by default, in milliseconds. */
export const usualMs = 10_000;
const alpha = 0.05;
const seed = 1;

/** The pairs of blocks of each launch of one comparison. */
export type Launches = readonly (readonly BlockPair[])[];

/**
 * Noise of one percentile in comparisons of a model with itself. Shares of the baseline: 0.05 is
 * 5%.
 */
export interface StatisticNoise {
  /** Comparisons with an interval. */
  compared: number;
  /** Comparisons that a gate at the usual margin would have failed, at one look. */
  falseAlarms: number;
  /** Comparisons whose 95% interval excludes 1. */
  unequal: number;
  /** Median width of the ratio's 95% interval; null: no comparison has one. */
  intervalWidth: number | null;
  /** The smallest increase that one of these comparisons tells from none in four of five cases. */
  minimumDetectable: number | null;
  /** The same for a comparison that times each model for a bench's default duration. */
  minimumDetectableUsually: number | null;
  /**
   * Milliseconds per model that are enough to tell the usual margin from none; null: unknown, or no
   * time is enough.
   */
  enoughMs: number | null;
}

/** How well this machine can tell latencies apart. */
export interface MachineNoise {
  /** The number of comparisons of a model with itself. */
  comparisons: number;
  margin: number;
  /** Of each model in a comparison, medians. */
  runs: number;
  timedMs: number;
  p50: StatisticNoise;
  p95: StatisticNoise;
  /** Autocorrelation of consecutive runs, a median; null: unknown. */
  lag1: number | null;
  /** What the machine did meanwhile, as in `HostDrift`. */
  steal: number | null;
  busy: number | null;
  throttledPeriods: number | null;
}

/**
 * Sums up comparisons of a model with itself. Each is judged as a gate would at its first look, and
 * by its 95% interval.
 */
export function summarizeNoise(
  comparisons: readonly Launches[],
  { steal, busy, throttledPeriods }: Pick<HostDrift, 'steal' | 'busy' | 'throttledPeriods'>,
): MachineNoise {
  const blocks = comparisons.map((launches) => launches.flat().map(({ subject }) => subject));
  const timedMs = median(blocks.map((all) => sum(all, (block) => block.length * meanOf(block)))) ?? 0;
  const likeness = blocks.flatMap((all) => {
    const value = lag1(all);
    return value === null ? [] : [value];
  });
  return {
    comparisons: comparisons.length,
    margin: usualMargin,
    runs: median(blocks.map((all) => sum(all, ({ length }) => length))) ?? 0,
    timedMs,
    p50: noiseOf(comparisons, 'p50', timedMs),
    p95: noiseOf(comparisons, 'p95', timedMs),
    lag1: median(likeness),
    steal,
    busy,
    throttledPeriods,
  };
}

function noiseOf(comparisons: readonly Launches[], statistic: Statistic, timedMs: number): StatisticNoise {
  const compared = comparisons.flatMap((launches) => {
    const { ratio, interval } = comparePairs(launches, { statistic, alpha, seed });
    const gate = comparePairs(launches, { statistic, alpha: alphaPerLook(alpha), seed }).interval;
    return ratio === null || interval === null || gate === null ? [] : [{ ratio, interval, gate }];
  });
  const errors = errorsOf(
    compared.map(({ ratio, interval }) => ({ stray: Math.log(ratio), expected: interval.logStandardError })),
  );
  return {
    compared: compared.length,
    falseAlarms: count(
      compared,
      ({ ratio, gate }) => judgeRegression({ ratio, ...gate, margin: usualMargin }) === 'fail',
    ),
    unequal: count(compared, ({ interval }) => interval.low > 1 || interval.high < 1),
    intervalWidth: median(compared.map(({ interval }) => interval.high - interval.low)),
    minimumDetectable: errors && detectable(errors, 1),
    minimumDetectableUsually: errors && detectable(errors, timedMs / usualMs),
    enoughMs: errors && enough(errors, timedMs),
  };
}

/**
 * Variances of the log ratio: that of runs, which shrinks with more runs, and the rest, which does
 * not.
 */
interface Errors {
  ofRuns: number;
  ofLaunches: number;
}

/**
 * Two sessions of one model differ for as long as they live, because their memory lies in different
 * places. More runs cannot tell that from a difference of models. It shows when log ratios stray
 * from 0 by more than the bootstrap within launches expects. The median of their squares decides,
 * so that one burst of other work does not count as a lasting difference. A deviation that chance
 * alone gives in one of twenty cases does not count either.
 */
function errorsOf(seen: readonly { stray: number; expected: number }[]): Errors | null {
  const ofRuns = median(seen.map(({ expected }) => expected ** 2));
  const strayed = median(seen.map(({ stray, expected }) => (stray / Math.max(expected, 1e-9)) ** 2));
  if (ofRuns === null || strayed === null) return null;
  const isMore = strayed > squareBelow(highestShare(seen.length));
  return { ofRuns, ofLaunches: isMore ? Math.max(0, strayed / squareBelow(0.5) - 1) * ofRuns : 0 };
}

/** The value that a squared standard normal variable stays below with this probability. */
function squareBelow(probability: number): number {
  return normalQuantile((1 + probability) / 2) ** 2;
}

/**
 * The share of the distribution that the lower median of `count` values stays below with
 * probability 1 − alpha.
 */
function highestShare(count: number): number {
  const rank = Math.ceil(count / 2);
  let [from, to] = [0.5, 1];
  for (let halving = 0; halving < 40; halving++) {
    const middle = (from + to) / 2;
    if (binomialCdf(rank - 1, count, middle) > alpha) from = middle;
    else to = middle;
  }
  return to;
}

/** `share` scales the variance of runs: 0.5 for a comparison that times twice as long. */
function detectable({ ofRuns, ofLaunches }: Errors, share: number): number {
  return minimumDetectable(Math.sqrt(share * ofRuns + ofLaunches), alphaPerLook(alpha));
}

function enough({ ofRuns, ofLaunches }: Errors, timedMs: number): number | null {
  // What a standard error of 1 could detect, on the log scale.
  const reach = Math.log1p(minimumDetectable(1, alphaPerLook(alpha)));
  const allowed = (Math.log1p(usualMargin) / reach) ** 2 - ofLaunches;
  return allowed > 0 ? (timedMs * ofRuns) / allowed : null;
}

function count<T>(items: readonly T[], holds: (item: T) => boolean): number {
  return items.filter(holds).length;
}

function sum<T>(items: readonly T[], amount: (item: T) => number): number {
  return items.reduce((total, item) => total + amount(item), 0);
}

/** For an even number of values, the lower of the middle two; null for none. */
function median(values: readonly number[]): number | null {
  return values.toSorted((a, b) => a - b)[Math.ceil(values.length / 2) - 1] ?? null;
}
