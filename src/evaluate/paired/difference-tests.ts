import { alpha, z } from '../../stats/interval.ts';
import { percentile } from '../../stats/quantiles.ts';
import type { SpecialFunctions } from '../../stats/special.ts';
import { isResampled, resampleRows, type BootstrapOptions } from '../resampling/bootstrap.ts';
import { differenceOf, standardError, type RowStatistics } from '../resampling/row-statistics.ts';
import type { PairedMethod, PairedTest } from './paired-test.ts';

/** The metric of both sides. */
export type Pair = Pick<PairedTest, 'name' | 'baseline' | 'candidate'>;

/** More than for an interval alone, since p-values are from the tails. */
export const pairedResamples = 2000;
export const fewestRows = 10;

/**
 * The test from resampled differences: their percentiles, and twice the share of them on the
 * smaller side of 0, at least 2/(resamples + 1). A reason if it cannot be told. Source: A. Davison
 * and D. Hinkley, "Bootstrap Methods and their Application" (1997), 4.4 and 5.4.
 */
export function bootstrapTest(pair: Pair, differences: Float64Array): PairedTest | string {
  const known = differences.filter((value) => !Number.isNaN(value)).sort();
  if (known.length < differences.length * (1 - alpha)) return 'too many resamples have no value';
  let [below, above] = [0, 0];
  for (const difference of known) {
    if (difference <= 0) below++;
    if (difference >= 0) above++;
  }
  return {
    ...pair,
    delta: pair.candidate - pair.baseline,
    low: percentile(known, alpha / 2),
    high: percentile(known, 1 - alpha / 2),
    p: Math.min(1, (2 * (1 + Math.min(below, above))) / (known.length + 1)),
    method: 'paired bootstrap',
  };
}

/** The test by a normal distribution with this standard error; a reason if it cannot be told. */
export function normalTest(
  pair: Pair,
  error: number,
  method: PairedMethod,
  { normalGreater }: SpecialFunctions,
): PairedTest | string {
  const delta = pair.candidate - pair.baseline;
  if (!Number.isFinite(error)) return 'a class has too few rows';
  if (error === 0 && delta !== 0) return 'all rows differ by the same';
  return {
    ...pair,
    delta,
    low: delta - z * error,
    high: delta + z * error,
    p: error === 0 ? 1 : Math.min(1, 2 * normalGreater(Math.abs(delta) / error)),
    method,
  };
}

/**
 * Tests of statistics of rows: of areas under ROC curves by DeLong, of others by resampling the
 * rows of both sides at once, or normal if that would take long.
 *
 * @param sides the same statistics of the baseline and the candidate
 * @param pairs the values, by name
 */
export function rowTests(
  sides: { baseline: RowStatistics; candidate: RowStatistics },
  pairs: ReadonlyMap<string, Pair>,
  rows: number,
  functions: SpecialFunctions,
  options: BootstrapOptions,
): Map<string, PairedTest | string> {
  const { baseline, candidate } = sides;
  const { names } = baseline;
  const tests = new Map<string, PairedTest | string>();
  const resampled = isResampled([baseline, candidate], options);
  const areas = names.includes('roc_auc');
  if (!resampled || areas) {
    const [own, others] = [candidate.influences(), baseline.influences()];
    names.forEach((name, at) => {
      const pair = pairs.get(name);
      const [one, other] = [own?.[at], others?.[at]];
      if (pair === undefined || (resampled && name !== 'roc_auc')) return;
      if (one === undefined || other === undefined) tests.set(name, 'there are too many rows to resample');
      else {
        const error = standardError(differenceOf(one, other));
        tests.set(name, normalTest(pair, error, name === 'roc_auc' ? 'delong' : 'normal', functions));
      }
    });
  }
  if (!resampled) return tests;
  if (rows < fewestRows) {
    for (const name of names)
      if (!tests.has(name)) tests.set(name, `there are fewer than ${fewestRows} rows`);
    return tests;
  }
  const differences = resampleRows(
    rows,
    (weights) => {
      const values = baseline.resampled(weights);
      return candidate.resampled(weights).map((value, at) => value - (values[at] ?? Number.NaN));
    },
    options,
  );
  names.forEach((name, at) => {
    const pair = pairs.get(name);
    if (pair !== undefined && !tests.has(name))
      tests.set(name, bootstrapTest(pair, differences[at] ?? new Float64Array()));
  });
  return tests;
}
