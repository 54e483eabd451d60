import { formatDuration } from '../core/duration.ts';
import { binomialCdf } from './binomial.ts';
import type { GateResult } from './result.ts';

/**
 * The fewest runs of which `over` may lie above a limit so that, with confidence 1 − alpha, the true share above it is at most
 * `share`: the smallest n with P(Bin(n, share) ≤ over) ≤ alpha. The early-stopping test of MLPerf LoadGen
 * (mlcommons/inference, loadgen/early_stopping.cc).
 */
export function requiredRuns(over: number, share: number, alpha: number): number {
  let to = Math.max(over + 1, 1);
  while (binomialCdf(over, to, share) > alpha) to *= 2;
  let from = over + 1;
  while (from < to) {
    const middle = Math.floor((from + to) / 2);
    if (binomialCdf(over, middle, share) <= alpha) to = middle;
    else from = middle + 1;
  }
  return from;
}

/**
 * The fewest runs in all after which the test would pass if runs go on exceeding the limit as often as they did: null if that is too
 * often, so that more runs would only show it.
 */
export function projectedRuns(n: number, over: number, share: number, alpha: number): number | null {
  const rate = over / n;
  if (rate >= share) return null;
  const passes = (runs: number): boolean => binomialCdf(Math.ceil(rate * runs), runs, share) <= alpha;
  let to = Math.max(n, 1);
  while (!passes(to) && to < 1e12) to *= 2;
  let from = n;
  // Rounding up the count makes the condition waver by a run or two near its edge; that is near enough.
  while (from < to) {
    const middle = Math.floor((from + to) / 2);
    if (passes(middle)) to = middle;
    else from = middle + 1;
  }
  return from;
}

/** More runs than anyone will wait for. */
const feasible = 1e7;

export interface AbsoluteGate {
  limitMs: number;
  alpha: number;
  /** Lower bound in milliseconds of the interval of p95; null: none. */
  low: number | null;
  /** p95 in milliseconds; null: too few runs to name it. */
  value: number | null;
}

/**
 * Is p95 at most `limitMs`? Passes if so few of the runs are over it that, were 5% of all runs over, that few would be seen
 * with probability alpha at most; fails if the interval of p95 lies over it as a whole; else it is undecided.
 *
 * @param samples milliseconds, in any order
 */
export function judgeP95(
  samples: Iterable<number>,
  { limitMs, alpha, low, value }: AbsoluteGate,
): GateResult {
  const share = 0.05;
  let n = 0;
  let over = 0;
  for (const sample of samples) {
    n++;
    if (sample > limitMs) over++;
  }
  const limit = formatDuration(limitMs);
  const seen = `${over.toLocaleString('en')} of ${n.toLocaleString('en')} runs took longer than ${limit}`;
  const result = (verdict: GateResult['verdict'], reason: string): GateResult => ({
    gate: `p95<=${limit}`,
    verdict,
    observed: value === null ? `${over}/${n} over` : formatDuration(value),
    threshold: limit,
    reason,
  });
  if (n > 0 && binomialCdf(over, n, share) <= alpha) {
    return result('pass', `${seen}: at most 5% do, with ${percent(1 - alpha)} confidence`);
  }
  if (low !== null && low > limitMs) {
    return result(
      'fail',
      `${seen}, and p95 is at least ${formatDuration(low)} with ${percent(1 - alpha)} confidence`,
    );
  }
  const needed = n === 0 ? requiredRuns(0, share, alpha) : projectedRuns(n, over, share, alpha);
  const advice =
    needed === null || needed > feasible
      ? 'p95 is about at the limit, and more runs at this rate would not make it pass'
      : `about ${(needed - n).toLocaleString('en')} more runs like these would make it pass`;
  return result(
    'inconclusive',
    `${seen}: too close to call with ${percent(1 - alpha)} confidence; ${advice}`,
  );
}

function percent(share: number): string {
  return `${Number((share * 100).toPrecision(4))}%`;
}
