import { sortOrder } from '../../stats/sort-order.ts';
import { sumOf } from '../../stats/sum.ts';
import { regressionErrors, rSquared, type RegressionRows } from '../metrics/regression.ts';
import type { Influence, RowStatistics } from './row-statistics.ts';

/** Means of values of each row. */
export function meanStatistics(columns: Readonly<Record<string, Float64Array>>): RowStatistics {
  const names = Object.keys(columns);
  const values = Object.values(columns);
  const rows = values[0]?.length ?? 0;
  return {
    names,
    work: rows * values.length,
    resampled: (weights) => values.map((column) => weightedMean(column, weights)),
    influences: () => values.map(influenceOnMean),
  };
}

/** `median_absolute_error` of absolute errors. */
export function medianStatistics(absolute: Float64Array): RowStatistics {
  const order = sortOrder(absolute);
  const ranked = (weights: Uint32Array, rank: number): number => {
    let reached = 0;
    for (const row of order) {
      reached += weights[row] ?? 0;
      if (reached >= rank) return absolute[row] ?? Number.NaN;
    }
    return Number.NaN;
  };
  return {
    names: ['median_absolute_error'],
    work: 2 * absolute.length,
    resampled(weights) {
      const lower = ranked(weights, Math.floor((absolute.length + 1) / 2));
      const upper = ranked(weights, Math.floor(absolute.length / 2) + 1);
      return [(lower + upper) / 2];
    },
    influences: () => null,
  };
}

/** `rmse`, `mae`, `mape` and `r2`. */
export function regressionStatistics(rows: RegressionRows): RowStatistics {
  const { target } = rows;
  const { absolute, relative, square } = regressionErrors(rows);
  const mean = sumOf(target) / target.length;
  const deviation = target.map((value) => value - mean);
  const squaredDeviation = deviation.map((value) => value * value);
  const means = meanStatistics({ square, mae: absolute, mape: relative, deviation, squaredDeviation });
  return {
    names: ['rmse', 'mae', 'mape', 'r2'],
    work: means.work,
    resampled(weights) {
      const [squares = 0, mae = 0, mape = 0, shift = 0, spread = 0] = means.resampled(weights);
      // A resample whose targets are all the same is off by rounding only.
      const variance = Math.max(0, spread - shift * shift);
      return [
        Math.sqrt(squares),
        mae,
        mape,
        variance <= spread * 1e-12 ? Number.NaN : rSquared(squares, variance),
      ];
    },
    influences() {
      const [meanSquare, variance] = [sumOf(square) / target.length, sumOf(squaredDeviation) / target.length];
      const root = 2 * Math.sqrt(meanSquare);
      const unexplained = meanSquare / variance;
      return [
        { perRow: square.map((value) => (root === 0 ? 0 : (value - meanSquare) / root)), strata: null },
        influenceOnMean(absolute),
        influenceOnMean(relative),
        {
          perRow: square.map((value, row) => (unexplained * (squaredDeviation[row] ?? 0) - value) / variance),
          strata: null,
        },
      ];
    },
  };
}

function influenceOnMean(values: Float64Array): Influence {
  const mean = sumOf(values) / values.length;
  return { perRow: values.map((value) => value - mean), strata: null };
}

function weightedMean(values: Float64Array, weights: Uint32Array): number {
  let [sum, rows] = [0, 0];
  for (let row = 0; row < values.length; row++) {
    const weight = weights[row] ?? 0;
    sum += (values[row] ?? 0) * weight;
    rows += weight;
  }
  return sum / rows;
}
