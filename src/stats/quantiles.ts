import { binomialCdf, binomialSurvival } from './distributions.ts';

/** The reported percentiles, by their name in the JSON. */
export const percentiles = { p50: 0.5, p90: 0.9, p95: 0.95, p99: 0.99, p999: 0.999 } as const;
export type PercentileName = keyof typeof percentiles;

/**
 * The fewest samples for which a percentile is reported: with n or more, the largest sample (for
 * p50, the range) lies beyond the true percentile with a probability of 95%, since p^n ≤ 0.05. With
 * fewer, the percentile would just be the maximum.
 */
export const minimumSamples: Record<PercentileName, number> = {
  p50: 5,
  p90: 29,
  p95: 59,
  p99: 299,
  p999: 2995,
};

/**
 * The share of samples above a p-quantile, 1 − p, without the rounding error of binary fractions.
 */
export function shareAbove(p: number): number {
  return Number((1 - p).toPrecision(15));
}

/**
 * Rank (from 1) of the nearest-rank percentile, ⌈p·n⌉, without the rounding error of binary
 * fractions in p·n.
 */
export function nearestRank(p: number, n: number): number {
  return Math.min(n, Math.max(1, Math.ceil(Number((p * n).toPrecision(15)))));
}

/**
 * Nearest-rank percentile of ascending samples, x[⌈p·n⌉ − 1]: always one of the samples. NaN
 * without samples.
 */
export function percentile(sorted: ArrayLike<number>, p: number): number {
  return sorted[nearestRank(p, sorted.length) - 1] ?? Number.NaN;
}

/** All samples of all series, ascending. */
export function sortTogether(series: readonly Float64Array[]): Float64Array {
  const all = new Float64Array(series.reduce((sum, samples) => sum + samples.length, 0));
  let at = 0;
  for (const samples of series) {
    all.set(samples, at);
    at += samples.length;
  }
  return all.sort();
}

export interface RankInterval {
  /**
   * Ranks from 1; null: even the smallest (largest) sample does not bound the percentile with the
   * requested confidence.
   */
  low: number | null;
  high: number | null;
}

/**
 * Ranks of the order statistics that enclose the p-quantile with confidence of at least 1 − alpha,
 * alpha/2 on either side, whatever the distribution: the largest l with P(Bin(n, p) ≤ l − 1) ≤
 * alpha/2 and the smallest u with P(Bin(n, p) ≥ u) ≤ alpha/2. For independent samples. Source: W.
 * J. Conover, "Practical Nonparametric Statistics", 3rd ed., 3.2; David and Nagaraja, "Order
 * Statistics", 7.1.
 */
export function quantileRanks(n: number, p: number, alpha: number): RankInterval {
  const tail = alpha / 2;
  // `low` is one less than the first rank at which its condition fails; `high` is the first rank at
  // which its condition holds.
  const low = firstRank(n, (rank) => binomialCdf(rank - 1, n, p) > tail) - 1;
  const high = firstRank(n, (rank) => binomialSurvival(rank, n, p) <= tail);
  return { low: low >= 1 ? low : null, high: high <= n ? high : null };
}

/**
 * The smallest rank from 1 to n for which a monotonic condition holds (once true, it stays true); n
 * + 1 if there is none.
 */
function firstRank(n: number, holds: (rank: number) => boolean): number {
  let from = 1;
  let to = n + 1;
  while (from < to) {
    const middle = Math.floor((from + to) / 2);
    if (holds(middle)) to = middle;
    else from = middle + 1;
  }
  return from;
}

/** Autocorrelation at lag 1 over separate series; null for fewer than 3 samples or no variation. */
export function lag1(series: readonly Float64Array[]): number | null {
  let products = 0;
  let squares = 0;
  for (const samples of series) {
    const mean = meanOf(samples);
    for (let at = 0; at < samples.length; at++) {
      const deviation = (samples[at] ?? 0) - mean;
      squares += deviation * deviation;
      if (at > 0) products += deviation * ((samples[at - 1] ?? 0) - mean);
    }
  }
  const count = series.reduce((sum, samples) => sum + samples.length, 0);
  return count < 3 || squares === 0 ? null : products / squares;
}

/**
 * The autocorrelation at lag 1, estimated from which samples lie above the median: sin(π/2 · c) of
 * the correlation c of these signs. It equals `lag1` for Gaussian series, but a few extreme samples
 * cannot hide it. Null as for `lag1`. Source: Blomqvist, "On a measure of dependence between two
 * random variables" (1950).
 */
export function signLag1(series: readonly Float64Array[], median: number): number | null {
  const correlation = lag1(series.map((samples) => samples.map((sample) => (sample > median ? 1 : -1))));
  return correlation === null ? null : Math.sin((Math.PI / 2) * correlation);
}

export function meanOf(samples: Float64Array): number {
  let sum = 0;
  for (const sample of samples) sum += sample;
  return sum / samples.length;
}

/**
 * How many samples lie more than 1.5 (mild) and more than 3 (severe) interquartile ranges outside
 * the quartiles, on either side. A severe outlier is not counted as mild. Source: J. W. Tukey,
 * "Exploratory Data Analysis" (1977), 2D.
 */
export function countOutliers(sorted: Float64Array): { mild: number; severe: number } {
  const first = percentile(sorted, 0.25);
  const third = percentile(sorted, 0.75);
  const beyond = (fences: number): number => {
    const reach = fences * (third - first);
    let count = 0;
    for (const sample of sorted) if (sample < first - reach || sample > third + reach) count++;
    return count;
  };
  const severe = beyond(3);
  return { mild: beyond(1.5) - severe, severe };
}
