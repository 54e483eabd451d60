import type { Statistic } from '../../core/measurements/bench.ts';
import { formatDuration } from '../../core/text/units.ts';
import { areDependent, likeness, runsPerIndependent } from './dependence.ts';
import { projectedRuns, showsAtMost, showsMore, type Exceedance, type ShareTest } from './early-stopping.ts';
import { percent } from '../../core/text/numbers.ts';
import { percentile, percentiles, shareAbove, sortTogether } from '../../stats/quantiles.ts';
import type { GateResult, LatencySummary, Percentile } from '../report/result.ts';

/** The largest number of runs that is still practical. */
const feasible = 1e7;
/**
 * In simulated autoregressions with a lag-1 of 0.9, this lowers false passes of p99 at 600 runs
 * from 9% to 3%.
 */
const fewestAbove = 10;
/**
 * If a limit is this many times as far from the median as the slowest run, bursts that reach it can
 * be ruled out.
 */
const farAway = 4;

export interface AbsoluteGate {
  statistic: Statistic;
  limitMs: number;
  alpha: number;
}

/**
 * Whether a percentile is at most `limitMs`. Passes if so few runs exceed the limit that, if more
 * than the allowed share did, so few would be seen with probability alpha at most; fails if so many
 * exceed it; else undecided. Runs that resemble the ones before count as the equivalent number of
 * independent runs at the limit, and the whole block-bootstrap interval must also lie on that side
 * of the limit: the first test is right even if few runs exceed the limit, the second even if the
 * dependence reaches far.
 *
 * @param series milliseconds, one array per launch
 * @param latency their summary, with intervals at the same alpha; null: there is none
 */
export function judgePercentile(
  series: readonly Float64Array[],
  latency: LatencySummary | null,
  { statistic, limitMs, alpha }: AbsoluteGate,
): GateResult {
  const p = percentiles[statistic];
  const test = { share: shareAbove(p), alpha };
  const measured = latency?.[statistic] ?? null;
  const alike = latency === null ? 0 : likeness(latency);
  const dependent = areDependent(alike);
  // If the limit is far beyond all runs, every run counts in full: else a few hundred runs of
  // microseconds would be too few for a limit of milliseconds.
  const burdened = dependent && !isFarBeyond(limitMs, sortTogether(series));
  const exceedance = {
    ...countOver(series, limitMs),
    runsPerIndependent: burdened ? burstLength(sortTogether(series), series, p) : 1,
  };
  const { runs, over } = exceedance;
  const limit = formatDuration(limitMs);
  const confidence = `with ${percent(1 - alpha)} confidence`;
  const worth = Math.floor(runs / exceedance.runsPerIndependent);
  const seen =
    `${over.toLocaleString('en')} of ${runs.toLocaleString('en')} runs took longer than ${limit}` +
    (worth < runs ? ` (autocorrelated: equivalent to ${worth.toLocaleString('en')} independent runs)` : '');
  const result = (verdict: GateResult['verdict'], reason: string): GateResult => ({
    gate: `${statistic}<=${limit}`,
    kind: 'latency',
    verdict,
    observed: measured === null ? `${over}/${runs} over` : formatDuration(measured.value),
    threshold: limit,
    reason: `${seen}${reason}`,
  });

  const bounded = !burdened || (measured?.high ?? Infinity) <= limitMs;
  if (showsAtMost(exceedance, test) && bounded) {
    return result('pass', `: at most ${percent(test.share)} are over, ${confidence}`);
  }
  const low = measured?.low ?? null;
  if (showsMore(exceedance, test) && (low === null || low > limitMs)) {
    const least = low === null ? '' : `, and ${statistic} is at least ${formatDuration(low)}`;
    return result('fail', `: more than ${percent(test.share)} are over${least}, ${confidence}`);
  }
  const needed = bounded
    ? projectedRuns(exceedance, test)
    : boundedRuns(exceedance, measured, { ...test, limitMs, statistic });
  const needRuns = needed === null || needed > feasible ? null : needed;
  const advice =
    needRuns === null
      ? `${statistic} is about at the limit; more runs would not make it pass`
      : `about ${(needRuns - runs).toLocaleString('en')} more runs should make it pass`;
  return { ...result('inconclusive', `: too close to call ${confidence}; ${advice}`), needRuns };
}

/**
 * As `projectedRuns`, with the further condition that the interval reaches the limit at most: its
 * half-width shrinks by √n, and it has a bound only from the n at which p^n is at most alpha/2.
 */
function boundedRuns(
  exceedance: Exceedance,
  measured: Percentile | null,
  { limitMs, statistic, ...test }: AbsoluteGate & ShareTest,
): number | null {
  const projected = projectedRuns(exceedance, test);
  if (projected === null) return null;
  if (measured === null || measured.high === null) {
    return Math.max(projected, Math.ceil(Math.log(test.alpha / 2) / Math.log(percentiles[statistic])));
  }
  const { value, high } = measured;
  if (value >= limitMs) return null;
  return Math.max(projected, Math.ceil(exceedance.runs * ((high - value) / (limitMs - value)) ** 2));
}

/**
 * How many runs count as one. Measured at the p-quantile, or at the highest quantile from the
 * median up with enough runs above it: three runs above a level do not show how they cluster.
 */
function burstLength(sorted: Float64Array, series: readonly Float64Array[], p: number): number {
  return runsPerIndependent(
    series,
    percentile(sorted, Math.max(0.5, Math.min(p, 1 - fewestAbove / sorted.length))),
  );
}

function isFarBeyond(limitMs: number, sorted: Float64Array): boolean {
  const median = percentile(sorted, 0.5);
  return limitMs - median > farAway * (percentile(sorted, 1) - median);
}

function countOver(series: readonly Float64Array[], limitMs: number): { runs: number; over: number } {
  let runs = 0;
  let over = 0;
  for (const samples of series) {
    runs += samples.length;
    for (const sample of samples) if (sample > limitMs) over++;
  }
  return { runs, over };
}
