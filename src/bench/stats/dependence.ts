import { meanOf } from '../../stats/quantiles.ts';
import type { LatencySummary } from '../report/result.ts';

/**
 * Above this autocorrelation, by value or by sign, methods that assume independent runs give
 * intervals that are too narrow.
 */
const noticeable = 0.1;
/**
 * Limits on the lags and on the sums of products for them. Dependence over longer distances is left
 * to the blocks of the bootstrap.
 */
const mostLags = 1000;
const mostProducts = 2e8;

/**
 * How much a run resembles the one before: the autocorrelation at lag 1 by value or by sign,
 * whichever is higher, at least 0.
 */
export function likeness({ lag1, lag1Sign }: Pick<LatencySummary, 'lag1' | 'lag1Sign'>): number {
  return Math.max(0, lag1 ?? 0, lag1Sign ?? 0);
}

export function areDependent(alike: number): boolean {
  return alike > noticeable;
}

/**
 * How many runs tell as much as one independent run about how often `level` is exceeded: 1 + 2·Σ of
 * the autocorrelations, within launches, of being above the level; at least 1. The sum ends at the
 * first two neighbouring lags that are not positive together, before it adds up noise. Sources: G.
 * V. Bayley and J. M. Hammersley, "The 'effective' number of independent observations in an
 * autocorrelated time series" (1946); C. J. Geyer, "Practical Markov chain Monte Carlo" (1992),
 * 3.3, for the end of the sum.
 */
export function runsPerIndependent(series: readonly Float64Array[], level: number): number {
  const deviations = series.map((samples) => {
    const above = samples.map((sample) => (sample > level ? 1 : 0));
    const mean = meanOf(above);
    return above.map((value) => value - mean);
  });
  const longest = Math.max(0, ...series.map(({ length }) => length));
  const runs = series.reduce((sum, { length }) => sum + length, 0);
  const lags = Math.min(mostLags, longest / 4, mostProducts / runs);
  const squares = productsAt(deviations, 0);
  if (!(squares > 0)) return 1;
  let worth = 1 + (2 * productsAt(deviations, 1)) / squares;
  for (let lag = 2; lag <= lags; lag += 2) {
    const both = (productsAt(deviations, lag) + productsAt(deviations, lag + 1)) / squares;
    if (both <= 0) break;
    worth += 2 * both;
  }
  return Math.max(1, worth);
}

function productsAt(deviations: readonly Float64Array[], lag: number): number {
  let sum = 0;
  for (const series of deviations) {
    for (let at = lag; at < series.length; at++) sum += (series[at] ?? 0) * (series[at - lag] ?? 0);
  }
  return sum;
}
