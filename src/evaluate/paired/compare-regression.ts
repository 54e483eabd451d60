import { specialFunctions } from '../../stats/special.ts';
import { regressionErrors, type RegressionMetrics, type RegressionRows } from '../metrics/regression.ts';
import type { BootstrapOptions } from '../resampling/bootstrap.ts';
import { medianStatistics, regressionStatistics } from '../resampling/mean-statistics.ts';
import { inOrder, pairsOf } from './compare-classification.ts';
import { pairedResamples, rowTests } from './difference-tests.ts';
import type { PairedTest, PairedTests } from './paired-test.ts';

/** One side of a comparison: rows, and the metrics of them. */
export interface ComparedNumbers {
  rows: RegressionRows;
  metrics: RegressionMetrics['metrics'];
}

/**
 * Tests every metric that both sides have, on the same rows, which are taken as drawn
 * independently: by a paired bootstrap, or normal if that would take long.
 *
 * @param baseline with the same targets as the candidate
 */
export async function compareRegression(
  baseline: ComparedNumbers,
  candidate: ComparedNumbers,
  options: BootstrapOptions = {},
): Promise<PairedTests> {
  const functions = await specialFunctions();
  const pairs = pairsOf(baseline.metrics, candidate.metrics);
  const choices = { resamples: pairedResamples, ...options };
  const rows = baseline.rows.target.length;
  const found = new Map<string, PairedTest | string>();
  for (const statistics of [
    regressionStatistics,
    (side: RegressionRows) => medianStatistics(regressionErrors(side).absolute),
  ]) {
    const sides = { baseline: statistics(baseline.rows), candidate: statistics(candidate.rows) };
    for (const [name, test] of rowTests(sides, pairs, rows, functions, choices)) found.set(name, test);
  }
  return inOrder(pairs, found);
}
