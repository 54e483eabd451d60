import type { BinnedCounts } from './divergences.ts';
import type { SpecialFunctions } from './special.ts';

export interface CategoryTest {
  /** Infinite where the current side has what the reference lacks. */
  statistic: number;
  pvalue: number;
}

/**
 * Pearson's χ² test of whether the current side is drawn from the reference's shares: expected are
 * the reference's counts, scaled to the size of the current side; k − 1 degrees of freedom, of all
 * categories of either side. Source: K. Pearson (1900); the same as `scipy.stats.chisquare`.
 */
export function chiSquareTest(
  { reference, current }: BinnedCounts,
  { chiSquareGreater }: Pick<SpecialFunctions, 'chiSquareGreater'>,
): CategoryTest & { df: number } {
  const scale = total(current) / total(reference);
  let [statistic, df] = [0, -1];
  for (let at = 0; at < reference.length; at++) {
    const [before, observed] = [reference[at] ?? 0, current[at] ?? 0];
    if (before === 0 && observed === 0) continue;
    df++;
    const expected = before * scale;
    statistic += (observed - expected) ** 2 / expected;
  }
  if (df <= 0) return { statistic: 0, pvalue: 1, df: 0 };
  return { statistic, pvalue: statistic === Infinity ? 0 : chiSquareGreater(statistic, df), df };
}

/**
 * The two-sided z-test of two shares, of the rows that do not have the first category, with the
 * pooled variance. 0 and p = 1 if all rows have the same one. Source: D. Montgomery, "Applied
 * Statistics and Probability for Engineers", 10-6.
 */
export function zTest(
  { reference, current }: BinnedCounts,
  { normalGreater }: Pick<SpecialFunctions, 'normalGreater'>,
): CategoryTest {
  const [n, m] = [total(reference), total(current)];
  const one = (n - (reference[0] ?? 0)) / n;
  const other = (m - (current[0] ?? 0)) / m;
  const pooled = (one * n + other * m) / (n + m);
  const variance = pooled * (1 - pooled) * (1 / n + 1 / m);
  if (variance <= 0) return { statistic: 0, pvalue: 1 };
  const statistic = (one - other) / Math.sqrt(variance);
  return { statistic, pvalue: Math.min(1, 2 * normalGreater(Math.abs(statistic))) };
}

function total(counts: ArrayLike<number>): number {
  let sum = 0;
  for (let at = 0; at < counts.length; at++) sum += counts[at] ?? 0;
  return sum;
}
