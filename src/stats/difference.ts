/** Tests of two values that were measured on different rows. All p-values are two-sided. */
import type { SpecialFunctions } from './special.ts';

/** Rows, and how many of them are right. */
export interface CountedShare {
  hits: number;
  rows: number;
}

/**
 * p-value of the hypothesis that two shares of different rows are equal: the z test of two
 * proportions with the pooled share, which is the χ² test of their table without a correction. 1 if
 * either has no rows, or if all rows of both are alike. Source: J. Fleiss, B. Levin and M. Paik,
 * "Statistical Methods for Rates and Proportions" (2003), 3.1.
 */
export function testShares(
  one: CountedShare,
  other: CountedShare,
  { normalGreater }: Pick<SpecialFunctions, 'normalGreater'>,
): number {
  const pooled = (one.hits + other.hits) / (one.rows + other.rows);
  const error = Math.sqrt(pooled * (1 - pooled) * (1 / one.rows + 1 / other.rows));
  if (!(error > 0) || error === Infinity) return 1;
  return 2 * normalGreater(Math.abs(one.hits / one.rows - other.hits / other.rows) / error);
}

/** A value that was measured, with its standard error. */
export interface MeasuredValue {
  value: number;
  error: number;
}

/**
 * p-value of the hypothesis that two values are equal whose errors are known and normal. 1 if
 * neither has an error: then nothing is known about it.
 */
export function testValues(
  one: MeasuredValue,
  other: MeasuredValue,
  { normalGreater }: Pick<SpecialFunctions, 'normalGreater'>,
): number {
  const error = Math.hypot(one.error, other.error);
  return error > 0 ? 2 * normalGreater(Math.abs(one.value - other.value) / error) : 1;
}

/** A value, and how much it counts: its rows. */
export interface WeightedValue {
  value: number;
  weight: number;
}

/**
 * p-value of the hypothesis that two weighted means are equal: Student's t test, with the variance
 * of both together and that of a value in inverse proportion to its weight. With equal weights it
 * is the usual t test. 1 with fewer than three values in all, or if none differs from its mean.
 */
export function testMeans(
  ones: readonly WeightedValue[],
  others: readonly WeightedValue[],
  { studentBeyond }: Pick<SpecialFunctions, 'studentBeyond'>,
): number {
  const freedom = ones.length + others.length - 2;
  if (freedom < 1 || ones.length === 0 || others.length === 0) return 1;
  const [one, other] = [weightedMean(ones), weightedMean(others)];
  const variance = (spread(ones, one.mean) + spread(others, other.mean)) / freedom;
  const error = Math.sqrt(variance * (1 / one.weight + 1 / other.weight));
  return error > 0 ? studentBeyond((one.mean - other.mean) / error, freedom) : 1;
}

export function weightedMean(values: readonly WeightedValue[]): { mean: number; weight: number } {
  const weight = values.reduce((sum, value) => sum + value.weight, 0);
  const mean = values.reduce((sum, value) => sum + value.value * (value.weight / weight), 0);
  return { mean, weight };
}

/** Sum of squares around the mean. */
export function spread(values: readonly WeightedValue[], mean: number): number {
  return values.reduce((sum, { value, weight }) => sum + weight * (value - mean) ** 2, 0);
}
