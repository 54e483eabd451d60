import { binomialCdf, binomialSurvival } from '../../stats/distributions.ts';

/**
 * How often a limit was exceeded, and how many runs count as one independent run (1 if they are
 * independent).
 */
export interface Exceedance {
  runs: number;
  over: number;
  runsPerIndependent: number;
}

/**
 * The share of runs that may exceed a limit on a percentile, and the probability of a wrong answer.
 */
export interface ShareTest {
  share: number;
  alpha: number;
}

/**
 * Whether the true share of runs over the limit is at most `share`. Yes if, with a larger share, so
 * few would be seen with probability alpha at most: P(Bin(n, share) ≤ over) ≤ alpha. This is the
 * early-stopping test of MLPerf LoadGen (mlcommons/inference, loadgen/early_stopping.cc), which
 * takes runs as independent; here n is the equivalent number of independent runs, and the count
 * over the limit is rounded up.
 */
export function showsAtMost(
  { runs, over, runsPerIndependent }: Exceedance,
  { share, alpha }: ShareTest,
): boolean {
  const worth = Math.floor(runs / runsPerIndependent);
  return binomialCdf(Math.ceil(over / runsPerIndependent), worth, share) <= alpha;
}

/**
 * Whether the true share is more than `share`. The same test from the other side, P(Bin(n, share) ≥
 * over) ≤ alpha/2. For independent runs it says yes exactly if the lower end of the order-statistic
 * interval of the percentile lies above the limit.
 */
export function showsMore(
  { runs, over, runsPerIndependent }: Exceedance,
  { share, alpha }: ShareTest,
): boolean {
  const worth = Math.floor(runs / runsPerIndependent);
  return binomialSurvival(Math.floor(over / runsPerIndependent), worth, share) <= alpha / 2;
}

/**
 * The fewest independent runs of which `over` may exceed the limit: the smallest n with P(Bin(n,
 * share) ≤ over) ≤ alpha.
 */
export function requiredRuns(over: number, { share, alpha }: ShareTest): number {
  const passes = (runs: number): boolean => binomialCdf(over, runs, share) <= alpha;
  return firstRuns(over + 1, passes);
}

/**
 * The fewest runs in total after which `showsAtMost` would say yes if runs go on exceeding the
 * limit as often as before; null if that is too often, so that more runs would only confirm it.
 */
export function projectedRuns(
  { runs, over, runsPerIndependent }: Exceedance,
  test: ShareTest,
): number | null {
  if (runs === 0) return requiredRuns(0, test);
  const rate = over / runs;
  if (rate >= test.share) return null;
  // Because the count is rounded up, the condition wavers by a run or two near its edge; the result
  // is accurate enough.
  return firstRuns(runs, (all) =>
    showsAtMost({ runs: all, over: Math.ceil(rate * all), runsPerIndependent }, test),
  );
}

/** The search ends at this number. */
const endless = 1e12;

function firstRuns(least: number, passes: (runs: number) => boolean): number {
  let to = Math.max(least, 1);
  while (!passes(to) && to < endless) to *= 2;
  let from = least;
  while (from < to) {
    const middle = Math.floor((from + to) / 2);
    if (passes(middle)) to = middle;
    else from = middle + 1;
  }
  return from;
}
