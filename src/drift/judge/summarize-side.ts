import { countBins, equalEdges, interpolatedQuantile } from '../../stats/histogram-bins.ts';
import { sumOf } from '../../stats/sum.ts';
import { populationDeviation } from '../../stats/two-sample-distances.ts';
import type { ColumnDrift, SideSummary } from '../drift-report.ts';
import { type ColumnSide, countDistinct } from './column-side.ts';

const shares = [0.05, 0.25, 0.5, 0.75, 0.95] as const;
/** Bars of a histogram that is looked at. */
const mostBars = 20;

export function summaryOfNumbers(sorted: Float64Array): SideSummary {
  const count = sorted.length;
  return {
    count,
    distinct: countDistinct(sorted),
    mean: finiteOrNull(sumOf(sorted) / count),
    std: finiteOrNull(populationDeviation(sorted)),
    min: sorted[0] ?? null,
    max: sorted[count - 1] ?? null,
    quantiles: Object.fromEntries(
      shares.map((share) => [String(share), interpolatedQuantile(sorted, share)]),
    ),
  };
}

/** JSON has no infinity, which the squares of the largest numbers come to. */
export function finiteOrNull(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}

export function summaryOfTexts({ count, counts }: ColumnSide): SideSummary {
  return { count, distinct: counts?.size ?? 0, mean: null, std: null, min: null, max: null, quantiles: null };
}

/** Of both sides, in bins of one width. */
export function histogramOf(
  reference: Float64Array,
  live: Float64Array,
): NonNullable<ColumnDrift['histogram']> {
  const low = Math.min(reference[0] as number, live[0] as number);
  const high = Math.max(reference[reference.length - 1] as number, live[live.length - 1] as number);
  const edges = equalEdges(low, high, mostBars);
  return {
    edges: [...edges],
    reference: [...countBins(reference, edges)],
    live: [...countBins(live, edges)],
  };
}
