import { normalQuantile } from './distributions.ts';
import { percentile, quantileRanks } from './quantiles.ts';

/** How an interval was computed. */
export type IntervalMethod =
  /** Percentiles of resamples of the rows. */
  | 'bootstrap'
  /** Normal, by the influence of each row: what the bootstrap comes to with many rows. */
  | 'normal'
  /** Wilson's score interval of a share. */
  | 'wilson'
  /** Order statistics, whatever the distribution. */
  | 'order statistics';

/** Encloses the true value with a confidence of 95%. */
export interface Interval {
  low: number;
  high: number;
  method: IntervalMethod;
}

export const alpha = 0.05;
/** How many standard errors a value may be off, on either side. */
export const z = normalQuantile(1 - alpha / 2);

/** Percentiles of few resamples say little, and those of a selection mislead. */
const mostUndefined = 0.05;

/**
 * The interval between the percentiles of resampled values, which it sorts; NaN where a resample
 * has no value. Null if more than 5% have none, or if all have the same: then the sample is too
 * small or too perfect to tell how far off it is. Source: B. Efron and R. Tibshirani, "An
 * Introduction to the Bootstrap" (1993), 13.3.
 */
export function percentileInterval(values: Float64Array): Interval | null {
  // NaN is sorted last.
  values.sort();
  let defined = values.length;
  while (defined > 0 && Number.isNaN(values[defined - 1])) defined--;
  if (defined === 0 || defined < values.length * (1 - mostUndefined)) return null;
  const known = values.subarray(0, defined);
  if (known[0] === known.at(-1)) return null;
  return {
    low: percentile(known, alpha / 2),
    high: percentile(known, 1 - alpha / 2),
    method: 'bootstrap',
  };
}

/**
 * Wilson's score interval of a share of independent rows, which is right for few rows and near 0
 * and 1, too. Null without rows. Source: E. Wilson, "Probable inference, the law of succession, and
 * statistical inference" (1927).
 */
export function wilsonInterval(hits: number, rows: number): Interval | null {
  if (rows === 0) return null;
  const share = hits / rows;
  const square = z * z;
  const centre = share + square / (2 * rows);
  const reach = z * Math.sqrt((share * (1 - share)) / rows + square / (4 * rows * rows));
  const scale = 1 + square / rows;
  return {
    low: hits === 0 ? 0 : (centre - reach) / scale,
    high: hits === rows ? 1 : (centre + reach) / scale,
    method: 'wilson',
  };
}

/** The interval of the median by order statistics; null with fewer than 6 values. */
export function medianInterval(sorted: Float64Array): Interval | null {
  const { low, high } = quantileRanks(sorted.length, 0.5, alpha);
  if (low === null || high === null) return null;
  return {
    low: sorted[low - 1] ?? Number.NaN,
    high: sorted[high - 1] ?? Number.NaN,
    method: 'order statistics',
  };
}
