import { sumOf } from '../../stats/sum.ts';

/** Statistics of rows, of which a resample takes each as often as its weight says. */
export interface RowStatistics {
  names: readonly string[];
  /** How many values one resample touches. */
  work: number;
  /** The statistics of a resample, in the order of `names`; NaN where one is undefined. */
  resampled(weights: Uint32Array): number[];
  /** How each row moves the statistics, in the order of `names`; null: it is not known. */
  influences(): Influence[] | null;
}

/**
 * By how much a statistic would change if a row had a larger weight, times the number of rows; the
 * mean is 0. Source: F. Hampel, "The influence curve and its role in robust estimation" (1974); as
 * the infinitesimal jackknife, L. Jaeckel (1972).
 */
export interface Influence {
  perRow: Float64Array;
  /** Classes whose numbers of rows are taken as given; null: none are. */
  strata: Int32Array | null;
}

/** The influence on a difference of two statistics of the same rows. */
export function differenceOf(candidate: Influence, baseline: Influence): Influence {
  return {
    perRow: candidate.perRow.map((value, row) => value - (baseline.perRow[row] ?? 0)),
    strata: candidate.strata,
  };
}

/**
 * The standard error of a statistic: the deviation of its influences, within each stratum if there
 * are any, over the root of the number of rows. NaN if a stratum has only one row.
 */
export function standardError({ perRow, strata }: Influence): number {
  if (strata === null) {
    const mean = sumOf(perRow) / perRow.length;
    return Math.sqrt(sumOf(perRow.map((value) => (value - mean) ** 2)) / perRow.length / (perRow.length - 1));
  }
  const sums: number[] = [];
  const counts: number[] = [];
  for (const [row, value] of perRow.entries()) {
    const stratum = strata[row] ?? 0;
    sums[stratum] = (sums[stratum] ?? 0) + value;
    counts[stratum] = (counts[stratum] ?? 0) + 1;
  }
  const squares = perRow.map((value, row) => {
    const stratum = strata[row] ?? 0;
    const count = counts[stratum] ?? 1;
    return ((value - (sums[stratum] ?? 0) / count) ** 2 * count) / (count - 1);
  });
  return Math.sqrt(sumOf(squares)) / perRow.length;
}
