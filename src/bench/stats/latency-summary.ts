import { bootstrapQuantiles } from '../../stats/bootstrap.ts';
import { areDependent, likeness } from './dependence.ts';
import {
  countOutliers,
  lag1,
  meanOf,
  minimumSamples,
  percentile,
  percentiles,
  quantileRanks,
  signLag1,
  sortTogether,
  type PercentileName,
} from '../../stats/quantiles.ts';
import type { LatencySummary, Percentile } from '../report/result.ts';

const names = Object.keys(percentiles) as PercentileName[];

export interface SummaryChoices {
  alpha: number;
  seed: number;
  harnessFloorUs: number;
}

/**
 * Every statistic of the timed runs, and notes that explain what is missing or doubtful. Drops no
 * sample.
 *
 * @param series milliseconds in the order of the runs, one array per launch; at least one sample
 */
export function summarizeLatency(
  series: readonly Float64Array[],
  { alpha, seed, harnessFloorUs }: SummaryChoices,
): { latency: LatencySummary; notes: string[] } {
  const sorted = sortTogether(series);
  const n = sorted.length;
  const correlations = { lag1: lag1(series), lag1Sign: signLag1(series, percentile(sorted, 0.5)) };
  const alike = likeness(correlations);
  const method = areDependent(alike) ? 'block-bootstrap' : 'order-statistics';
  const known = names.filter((name) => n >= minimumSamples[name]);
  const resampled =
    method === 'block-bootstrap'
      ? bootstrapQuantiles(
          series,
          known.map((name) => percentiles[name]),
          { alpha, seed },
        )
      : [];

  const values = new Map<PercentileName, Percentile>();
  known.forEach((name, at) => {
    const ranks = quantileRanks(n, percentiles[name], alpha);
    const interval = resampled[at];
    // A bootstrap cannot see beyond the samples either, so it gives a bound only where ranks do.
    const bound = (rank: number | null, resample: number | undefined): number | null =>
      rank === null ? null : (resample ?? sorted[rank - 1] ?? null);
    values.set(name, {
      value: percentile(sorted, percentiles[name]),
      low: bound(ranks.low, interval?.low),
      high: bound(ranks.high, interval?.high),
      method,
    });
  });

  const of = (name: PercentileName): Percentile | null => values.get(name) ?? null;
  return {
    latency: {
      n,
      mean: meanOf(sorted),
      min: sorted[0] ?? Number.NaN,
      max: sorted[n - 1] ?? Number.NaN,
      p50: of('p50'),
      p90: of('p90'),
      p95: of('p95'),
      p99: of('p99'),
      p999: of('p999'),
      ...correlations,
      outliers: countOutliers(sorted),
      harnessFloorUs,
    },
    notes: explain(n, values, correlations),
  };
}

function explain(
  n: number,
  values: ReadonlyMap<PercentileName, Percentile>,
  correlations: Pick<LatencySummary, 'lag1' | 'lag1Sign'>,
): string[] {
  const alike = likeness(correlations);
  const notes: string[] = [];
  const missing = names.filter((name) => !values.has(name));
  if (missing.length > 0) {
    const needs = missing
      .map((name) => `${label(name)} needs ${minimumSamples[name].toLocaleString('en')} runs`)
      .join(', ');
    notes.push(`too few runs (${n}) for some percentiles: ${needs}`);
  }
  const open = names.filter((name) => values.get(name)?.high === null || values.get(name)?.low === null);
  if (open.length > 0) {
    notes.push(`too few runs (${n}) for a two-sided 95% interval of ${open.map(label).join(', ')}`);
  }
  if (areDependent(alike)) {
    const what =
      alike === correlations.lag1
        ? 'lag-1 autocorrelation'
        : 'lag-1 autocorrelation of being above the median';
    notes.push(`runs are autocorrelated (${what} ${alike.toFixed(2)}): intervals use a block bootstrap`);
  }
  return notes;
}

function label(name: PercentileName): string {
  return name === 'p999' ? 'p99.9' : name;
}
