import { binomialCdf, binomialSurvival } from '../../stats/binomial.ts';

/**
 * How often a limit was exceeded, and how many runs count as one independent one (1: they are
 * independent).
 */
export interface Exceedance {
  runs: number;
  over: number;
  runsPerIndependent: number;
}

/**
 * The share of runs that may be over a limit on a percentile, and the probability of saying so by
 * mistake.
 */
export interface ShareTest {
  share: number;
  alpha: number;
}

/**
 * Is the true share of runs over the limit at most `share`? Yes if, were it larger, so few would be
 * seen with probability alpha at most: P(Bin(n, share) ≤ over) ≤ alpha. The early-stopping test of
 * MLPerf LoadGen (mlcommons/inference, loadgen/early_stopping.cc), which takes runs as independent;
 * here n is the number of independent runs that they are worth, the count over the limit rounded
 * up.
 */
export function showsAtMost(
  { runs, over, runsPerIndependent }: Exceedance,
  { share, alpha }: ShareTest,
): boolean {
  const worth = Math.floor(runs / runsPerIndependent);
  return binomialCdf(Math.ceil(over / runsPerIndependent), worth, share) <= alpha;
}

/**
 * Is it more? The same test from the other side, P(Bin(n, share) ≥ over) ≤ alpha/2: for independent
 * runs it says so exactly when the lower end of the order-statistic interval of the percentile lies
 * over the limit.
 */
export function showsMore(
  { runs, over, runsPerIndependent }: Exceedance,
  { share, alpha }: ShareTest,
): boolean {
  const worth = Math.floor(runs / runsPerIndependent);
  return binomialSurvival(Math.floor(over / runsPerIndependent), worth, share) <= alpha / 2;
}

/**
 * The fewest independent runs of which `over` may lie above the limit: the smallest n with P(Bin(n,
 * share) ≤ over) ≤ alpha.
 */
export function requiredRuns(over: number, { share, alpha }: ShareTest): number {
  const passes = (runs: number): boolean => binomialCdf(over, runs, share) <= alpha;
  return firstRuns(over + 1, passes);
}

/**
 * The fewest runs in all after which `showsAtMost` would say yes if runs go on exceeding the limit
 * as often as they did; null if that is too often, so that more runs would only show it.
 */
export function projectedRuns(
  { runs, over, runsPerIndependent }: Exceedance,
  test: ShareTest,
): number | null {
  if (runs === 0) return requiredRuns(0, test);
  const rate = over / runs;
  if (rate >= test.share) return null;
  // Rounding up the count makes the condition waver by a run or two near its edge; that is near
  // enough.
  return firstRuns(runs, (all) =>
    showsAtMost({ runs: all, over: Math.ceil(rate * all), runsPerIndependent }, test),
  );
}

/** More than this are not looked for. */
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
