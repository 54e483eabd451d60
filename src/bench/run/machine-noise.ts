import { binomialCdf } from '../../stats/binomial.ts';
import type { HostDrift } from './environment.ts';
import { alphaPerLook, judgeRegression, minimumDetectable } from '../stats/looks.ts';
import { normalQuantile } from '../../stats/normal-quantile.ts';
import { comparePairs, type BlockPair } from '../../stats/pair-bootstrap.ts';
import { lag1, meanOf, type Statistic } from '../../stats/quantiles.ts';

/** The increase that a gate usually allows. */
export const usualMargin = 0.05;
/** What a bench times each model for unless told otherwise. */
export const usualMs = 10_000;
const alpha = 0.05;
const seed = 1;

/** The pairs of blocks of each launch of one comparison. */
export type Launches = readonly (readonly BlockPair[])[];

/**
 * What comparisons of a model with itself gave for one percentile. Shares of the baseline: 0.05 is
 * 5%.
 */
export interface StatisticNoise {
  /** Comparisons that had an interval. */
  compared: number;
  /** Those that a gate at the usual margin would have failed, at one look. */
  falseAlarms: number;
  /** Those whose 95% interval leaves out 1. */
  unequal: number;
  /** Median width of the 95% interval of the ratio; null: there was none. */
  intervalWidth: number | null;
  /** The smallest increase that such a comparison tells from none in four of five cases. */
  minimumDetectable: number | null;
  /** The same of one that times each model as long as a bench does unless told otherwise. */
  minimumDetectableUsually: number | null;
  /**
   * Milliseconds of each model that would be enough to tell the usual margin from none; null: not
   * known, or no time would be.
   */
  enoughMs: number | null;
}

/** How well this machine can tell one latency from another. */
export interface MachineNoise {
  /** Of a model with itself. */
  comparisons: number;
  margin: number;
  /** Of each model in a comparison, medians. */
  runs: number;
  timedMs: number;
  p50: StatisticNoise;
  p95: StatisticNoise;
  /** Autocorrelation of runs that follow each other, a median; null: not known. */
  lag1: number | null;
  /** What moved meanwhile, as in `HostDrift`. */
  steal: number | null;
  busy: number | null;
  throttledPeriods: number | null;
}

/**
 * Sums up comparisons of a model with itself. Each is judged as a gate would at its first look, and
 * its 95% interval is looked at beside.
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
 * Variances of the log ratio: that of runs, which shrinks as more are made, and what is left, which
 * does not.
 */
interface Errors {
  ofRuns: number;
  ofLaunches: number;
}

/**
 * Two sessions of one model differ by where their memory lies, as long as they live: more runs do
 * not tell that from a difference of models. It shows in logarithms of ratios that stray from 0 by
 * more than the bootstrap within launches expects; by the median of their squares, so that one
 * burst of other work does not count as a lasting difference. What chance alone would give in one
 * of twenty cases is not put down to it.
 */
function errorsOf(seen: readonly { stray: number; expected: number }[]): Errors | null {
  const ofRuns = median(seen.map(({ expected }) => expected ** 2));
  const strayed = median(seen.map(({ stray, expected }) => (stray / Math.max(expected, 1e-9)) ** 2));
  if (ofRuns === null || strayed === null) return null;
  const isMore = strayed > squareBelow(highestShare(seen.length));
  return { ofRuns, ofLaunches: isMore ? Math.max(0, strayed / squareBelow(0.5) - 1) * ofRuns : 0 };
}

/** What a squared standard normal value lies below with this probability. */
function squareBelow(probability: number): number {
  return normalQuantile((1 + probability) / 2) ** 2;
}

/**
 * The share of its distribution that the lower median of so many values lies below with probability
 * 1 − alpha.
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

/** With `share` of the time, so many times the variance of runs. */
function detectable({ ofRuns, ofLaunches }: Errors, share: number): number {
  return minimumDetectable(Math.sqrt(share * ofRuns + ofLaunches), alphaPerLook(alpha));
}

function enough({ ofRuns, ofLaunches }: Errors, timedMs: number): number | null {
  // What an error of 1 would tell, on the scale of logarithms.
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

/** The lower of the middle two where their number is even; null for none. */
function median(values: readonly number[]): number | null {
  return values.toSorted((a, b) => a - b)[Math.ceil(values.length / 2) - 1] ?? null;
}
