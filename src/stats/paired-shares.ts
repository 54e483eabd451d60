import { binomialCdf } from './distributions.ts';
import { wilsonInterval } from './interval.ts';

/** Rows counted by whether a baseline and a candidate are right. */
export interface PairedCounts {
  both: number;
  baselineOnly: number;
  candidateOnly: number;
  neither: number;
}

/**
 * Two-sided p-value of the hypothesis that two shares of the same rows are equal: whether the rows
 * on which only one side is right are a fair coin's. Sources: Q. McNemar, "Note on the sampling
 * error of the difference between correlated proportions or percentages" (1947); exact by the
 * binomial distribution, F. Mosteller (1952).
 */
export function mcnemar({ baselineOnly, candidateOnly }: PairedCounts): number {
  const fewer = Math.min(baselineOnly, candidateOnly);
  return Math.min(1, 2 * binomialCdf(fewer, baselineOnly + candidateOnly, 0.5));
}

/**
 * The 95% interval of the candidate's share less the baseline's, on the same rows, which is right
 * for few rows and near 0 and 1, too. Source: R. Newcombe, "Improved confidence intervals for the
 * difference between binomial proportions based on paired data" (1998), method 10.
 */
export function pairedDifference({ both, baselineOnly, candidateOnly, neither }: PairedCounts): {
  low: number;
  high: number;
} {
  const rows = both + baselineOnly + candidateOnly + neither;
  const [first, second] = [both + candidateOnly, both + baselineOnly];
  const one = { share: first / rows, ...bounds(first, rows) };
  const two = { share: second / rows, ...bounds(second, rows) };
  const margins = first * (rows - first) * second * (rows - second);
  const product = both * neither - baselineOnly * candidateOnly;
  const corrected = product > 0 ? Math.max(product - rows / 2, 0) : product;
  const correlation = margins === 0 ? 0 : corrected / Math.sqrt(margins);
  const reach = (a: number, b: number): number =>
    Math.sqrt(Math.max(0, a * a - 2 * correlation * a * b + b * b));
  return {
    low: one.share - two.share - reach(one.share - one.low, two.high - two.share),
    high: one.share - two.share + reach(one.high - one.share, two.share - two.low),
  };
}

function bounds(hits: number, rows: number): { low: number; high: number } {
  return wilsonInterval(hits, rows) ?? { low: 0, high: 1 };
}
