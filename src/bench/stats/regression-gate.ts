import { percent } from '../../core/text/numbers.ts';
import type { PairComparison } from '../../stats/bootstrap.ts';
import { normalQuantile } from '../../stats/distributions.ts';
import { minimumSamples } from '../../stats/quantiles.ts';
import type { BenchComparison, GateResult } from '../report/result.ts';

export interface RegressionGate {
  /** The allowed increase: 0.05 is 5%. */
  margin: number;
  /** Of the gate as a whole; the interval in `comparison` is at `alphaPerLook` of it. */
  alpha: number;
  /** The look that ended the comparison, from 1. */
  look: number;
}

/**
 * As `judgeRegression`, but a high percentile does not pass while the median is beyond the margin.
 * On a busy machine the slowest runs of both models are the interrupted ones. They are equally
 * slow, so their ratio says nothing about the models.
 */
export function judgeComparison(
  { ratio, interval, median }: PairComparison,
  margin: number,
): 'pass' | 'fail' | 'undecided' {
  if (ratio === null || interval === null) return 'undecided';
  const verdict = judgeRegression({ ratio, ...interval, margin });
  return verdict === 'pass' && isBeyond(median, margin) ? 'undecided' : verdict;
}

function isBeyond(median: PairComparison['median'], margin: number): boolean {
  return median !== null && median.low > 1 + margin;
}

/**
 * The gate at the look that ended the comparison. Undecided then, at the last look or before, means
 * inconclusive.
 */
export function regressionGate(
  comparison: PairComparison,
  { margin, alpha, look }: RegressionGate,
): GateResult {
  const { statistic, runs, ratio, interval, median, reason } = comparison;
  const threshold = String(Number((1 + margin).toPrecision(6)));
  const named = { gate: `${statistic}<=baseline*${threshold}`, kind: 'regression' } as const;
  if (ratio === null || interval === null) {
    const observed = ratio === null ? 'no ratio' : `${ratio.toFixed(3)} (no interval)`;
    const least = minimumSamples[statistic];
    return {
      ...named,
      verdict: 'inconclusive',
      observed,
      threshold,
      reason: reason ?? 'nothing was compared',
      ...(runs < least ? { needRuns: least } : {}),
    };
  }
  const { low, high, logStandardError } = interval;
  const observed = `${ratio.toFixed(3)} (${low.toFixed(3)}–${high.toFixed(3)})`;
  const found = `${statistic} is ${between(low, high)}, with ${percent(1 - alpha)} confidence over ${lastLook} looks`;
  const evidence = { ratio, low, high, margin };
  const verdict = judgeComparison(comparison, margin);
  if (median !== null && isBeyond(median, margin) && verdict === 'undecided') {
    return {
      ...named,
      verdict: 'inconclusive',
      observed,
      threshold,
      reason: `${found}, but p50 is ${between(median.low, median.high)}: noise in ${statistic} may hide a change that the median shows; use --stat p50 or a quieter machine`,
      needRuns: null,
    };
  }
  if (verdict !== 'undecided') {
    return { ...named, verdict, observed, threshold, reason: `${found}; decided by ${runsAt(runs, look)}` };
  }
  const detectable = percent(minimumDetectable(logStandardError, alphaPerLook(alpha)), 2);
  const needRuns = needsRuns(runs, evidence);
  const advice =
    needRuns === null
      ? `it is too close to ${percent(margin)} for more runs to decide`
      : `about ${needRuns.toLocaleString('en')} runs per version should decide it`;
  return {
    ...named,
    verdict: 'inconclusive',
    observed,
    threshold,
    reason: `${found}: undecided after ${runsAt(runs, look)}, enough to detect an increase of ${detectable}; ${advice}`,
    needRuns,
  };
}

/** The figures of the look that ended the comparison, with or without a margin. */
export function comparedFigures(
  { statistic, ratio, interval }: PairComparison,
  { margin, alpha, look }: Omit<RegressionGate, 'margin'> & { margin: number | null },
): Omit<BenchComparison, 'baselineLatencyMs' | 'baselineOutputs'> {
  return {
    stat: statistic,
    ratio,
    low: interval?.low ?? null,
    high: interval?.high ?? null,
    margin,
    look,
    minimumDetectable:
      interval === null ? null : minimumDetectable(interval.logStandardError, alphaPerLook(alpha)),
  };
}

function runsAt(runs: number, look: number): string {
  return `${runs.toLocaleString('en')} runs per version (look ${look} of ${lastLook})`;
}

/** `2.1% below to 4% above the baseline's`. */
function between(low: number, high: number): string {
  const sides = [low, high].map((ratio) => [percent(Math.abs(ratio - 1), 2), ratio < 1 ? 'below' : 'above']);
  const [from = [], to = []] = sides;
  return `${from[0]}${from[1] === to[1] ? '' : ` ${from[1]}`} to ${to[0]} ${to[1]} the baseline's`;
}

/** The runs of each look, as multiples of those of the first look. */
const growth = [1, 2, 4];
export const lastLook = growth.length;
/** The largest number of runs per arm that is still practical. */
const feasible = 1e7;
const power = 0.8;

/** Runs per arm at each look. Every look uses all runs so far. */
export function looksFrom(firstRuns: number): number[] {
  return growth.map((times) => times * firstRuns);
}

/** The total progress of a comparison when `done` of look `look` (from 1) of `looks` is done. */
export function shareOfLooks(look: number, looks: number, done: number): number {
  const runs = (upTo: number): number => growth[upTo - 1] ?? 0;
  return (runs(look - 1) + done * (runs(look) - runs(look - 1))) / runs(looks);
}

/**
 * The probability of error allowed for one look, so that all looks together err with probability
 * alpha at most, however much they depend on each other: alpha divided equally. Sources: O. J.
 * Dunn, "Multiple comparisons among means" (1961), for Bonferroni's inequality; C. Jennison and B.
 * Turnbull, "Group sequential methods" (1999), 2, for why repeated looks need it.
 */
export function alphaPerLook(alpha: number): number {
  return alpha / lastLook;
}

/** A ratio of subject to baseline, its interval, and the allowed increase: 0.05 is 5%. */
export interface RatioInterval {
  ratio: number;
  low: number;
  high: number;
  margin: number;
}

/**
 * Passes if the whole interval lies below 1 + margin, fails if it lies above; undecided if 1 +
 * margin is in it or on its edge.
 */
export function judgeRegression({ low, high, margin }: RatioInterval): 'pass' | 'fail' | 'undecided' {
  if (high < 1 + margin) return 'pass';
  return low > 1 + margin ? 'fail' : 'undecided';
}

/**
 * The smallest relative increase that would have been told from none with a probability of 80%:
 * (z(1 − alpha/2) + z(0.8)) standard errors of the log ratio. Source: the usual power calculation,
 * for example in J. M. Bland, "An introduction to medical statistics", 18.
 *
 * @param alpha that of the interval that decides, so of one look
 */
export function minimumDetectable(logStandardError: number, alpha: number): number {
  return Math.expm1((normalQuantile(1 - alpha / 2) + normalQuantile(power)) * logStandardError);
}

/**
 * Runs per arm after which the interval would exclude the margin, if the ratio stays the same and
 * the interval shrinks by √n, on the log scale. Null: the ratio is so near the margin that no
 * feasible number is enough. At most `runs` if the interval excludes the margin already.
 */
export function needsRuns(runs: number, { ratio, low, high, margin }: RatioInterval): number | null {
  const distance = Math.log((1 + margin) / ratio);
  const reach = distance > 0 ? Math.log(high / ratio) : Math.log(ratio / low);
  const needed = Math.floor(runs * (Math.max(0, reach) / distance) ** 2) + 1;
  return needed <= feasible ? needed : null;
}
