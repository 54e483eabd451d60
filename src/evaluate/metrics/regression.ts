import { sumOf } from '../../stats/sum.ts';

export interface RegressionRows {
  target: Float64Array;
  predicted: Float64Array;
}

/** The metrics, in the order in which they are listed. */
export const regressionMetricNames = ['rmse', 'mae', 'mape', 'median_absolute_error', 'r2'] as const;
export type RegressionMetric = (typeof regressionMetricNames)[number];

export interface RegressionMetrics {
  rows: number;
  /** Null: undefined on these rows. `mape` is a share, not a percentage: 0.05 for 5%. */
  metrics: Record<RegressionMetric, number | null>;
  /** Why a metric is null, by its name. */
  undefinedMetrics: Record<string, string>;
}

/** scikit-learn divides by no smaller target. */
const smallestTarget = 2 ** -52;

/** What the metrics are of, row by row. */
export interface RegressionErrors {
  /** Prediction minus target. */
  residual: Float64Array;
  absolute: Float64Array;
  square: Float64Array;
  /** |residual| / |target|, the target at least 2^-52. */
  relative: Float64Array;
}

export function regressionErrors({ target, predicted }: RegressionRows): RegressionErrors {
  const residual = target.map((right, row) => (predicted[row] ?? 0) - right);
  const absolute = residual.map(Math.abs);
  return {
    residual,
    absolute,
    square: residual.map((value) => value * value),
    relative: absolute.map((value, row) => value / Math.max(Math.abs(target[row] ?? 0), smallestTarget)),
  };
}

/**
 * Metrics of numbers that a model predicts, equal to scikit-learn's to 12 digits: R² of a constant
 * target is 1 if every prediction is exact, else 0. None is NaN or infinite: what is undefined is
 * null, and says why.
 */
export function regressionMetrics(rows: RegressionRows): RegressionMetrics {
  const { target } = rows;
  const count = target.length;
  const errors = regressionErrors(rows);
  const mean = (values: Float64Array): number => sumOf(values) / count;
  const values: Record<RegressionMetric, number> = {
    rmse: Math.sqrt(mean(errors.square)),
    mae: mean(errors.absolute),
    mape: mean(errors.relative),
    median_absolute_error: median(errors.absolute),
    r2: count < 2 ? Number.NaN : rSquared(sumOf(errors.square), spreadOf(target)),
  };
  const metrics = {} as Record<RegressionMetric, number | null>;
  const undefinedMetrics: Record<string, string> = {};
  for (const name of regressionMetricNames) {
    const known = Number.isFinite(values[name]);
    metrics[name] = known ? values[name] : null;
    if (!known) undefinedMetrics[name] = whyUndefined(name, rows);
  }
  return { rows: count, metrics, undefinedMetrics };
}

/** The coefficient of determination, from the sums of squares of residuals and of deviations. */
export function rSquared(residuals: number, deviations: number): number {
  if (deviations === 0) return residuals === 0 ? 1 : 0;
  return 1 - residuals / deviations;
}

function spreadOf(target: Float64Array): number {
  const mean = sumOf(target) / target.length;
  return sumOf(target.map((value) => (value - mean) ** 2));
}

function median(values: Float64Array): number {
  const sorted = values.slice().sort();
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

function whyUndefined(name: RegressionMetric, { target, predicted }: RegressionRows): string {
  if (target.length === 0) return 'there are no rows';
  const missing = predicted.findIndex((value) => !Number.isFinite(value));
  if (missing >= 0) return `the prediction of row ${missing + 1} is ${predicted[missing]}`;
  const unknown = target.findIndex((value) => !Number.isFinite(value));
  if (unknown >= 0) return `the target of row ${unknown + 1} is ${target[unknown]}`;
  if (name === 'r2' && target.length < 2) return 'one row has no spread to explain';
  return 'the errors are beyond the range of float64';
}
