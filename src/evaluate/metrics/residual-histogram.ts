import { percentile } from '../../stats/quantiles.ts';
import { regressionErrors, type RegressionRows } from './regression.ts';

/** Counts of residuals, prediction minus target, in bins of equal width around 0. */
export interface ResidualHistogram {
  /**
   * Ascending, one more than bins. A residual at an edge counts above it, at the last one below.
   */
  edges: number[];
  counts: number[];
  /** Residuals outside all bins. */
  below: number;
  above: number;
}

const fewestBins = 11;
const mostBins = 41;

/**
 * The bins reach as far as 99% of the residuals do on both sides of 0, which is the middle of the
 * middle bin, so that a bias shows and a few outliers do not squeeze the rest into one bin. Their
 * number is Rice's, 2·n^(1/3), made odd, 11 to 41. Null without rows or spread.
 */
export function residualHistogram(rows: RegressionRows): ResidualHistogram | null {
  const { residual, absolute } = regressionErrors(rows);
  const sorted = absolute.slice().sort();
  const reach = percentile(sorted, 0.99);
  if (!(reach > 0) || !Number.isFinite(sorted.at(-1))) return null;
  const rice = Math.ceil(2 * Math.cbrt(residual.length)) | 1;
  const bins = Math.min(mostBins, Math.max(fewestBins, rice));
  const edges = Array.from({ length: bins + 1 }, (_, at) => (reach * (2 * at - bins)) / bins);
  const histogram = { edges, counts: edges.slice(1).fill(0), below: 0, above: 0 };
  for (const value of residual) {
    if (value < -reach) histogram.below++;
    else if (value > reach) histogram.above++;
    else {
      let bin = Math.min(bins - 1, Math.floor(((value / reach + 1) * bins) / 2));
      if (value < (edges[bin] ?? 0)) bin--;
      else if (bin < bins - 1 && value >= (edges[bin + 1] ?? 0)) bin++;
      histogram.counts[bin] = (histogram.counts[bin] ?? 0) + 1;
    }
  }
  return histogram;
}
