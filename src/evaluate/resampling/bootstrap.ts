import { seededRandom } from '../../core/seeded-random.ts';
import { drawMultinomial } from '../../stats/multinomial.ts';
import { drawUnits } from '../../stats/resampled-percentiles.ts';
import type { ConfusionCells } from './confusion-cells.ts';
import type { RowStatistics } from './row-statistics.ts';

export interface BootstrapOptions {
  /** The same seed gives the same intervals on every machine. */
  seed?: number;
  resamples?: number;
  /**
   * Resampling touches at most this many values in all. What would be more has normal intervals by
   * the influence of the rows, which then hardly differ.
   */
  mostWork?: number;
}

const defaults = { seed: 0, resamples: 1000, mostWork: 2e8 } satisfies Required<BootstrapOptions>;

/** Whether the rows of these statistics are resampled. */
export function isResampled(
  statistics: readonly RowStatistics[],
  { resamples = defaults.resamples, mostWork = defaults.mostWork }: BootstrapOptions,
): boolean {
  return statistics.reduce((sum, { work }) => sum + work, 0) * resamples <= mostWork;
}

/**
 * Values of each resample of the rows, which are drawn independently with replacement, as many as
 * there are.
 *
 * @param values of a resample in which each row occurs as often as its weight says
 * @returns for each of the values, those of all resamples
 */
export function resampleRows(
  rows: number,
  values: (weights: Uint32Array) => number[],
  { seed = defaults.seed, resamples = defaults.resamples }: BootstrapOptions,
): Float64Array[] {
  const random = seededRandom(seed, 'rows');
  return collect(resamples, rows, (weights) => drawUnits(random, [rows], weights), values);
}

/** The same for values that depend on the cells of confusion matrices alone. */
export function resampleCells(
  { counts }: ConfusionCells,
  values: (weights: Uint32Array) => number[],
  { seed = defaults.seed, resamples = defaults.resamples }: BootstrapOptions,
): Float64Array[] {
  const random = seededRandom(seed, 'cells');
  return collect(resamples, counts.length, (weights) => drawMultinomial(random, counts, weights), values);
}

function collect(
  resamples: number,
  units: number,
  draw: (weights: Uint32Array) => void,
  values: (weights: Uint32Array) => number[],
): Float64Array[] {
  const weights = new Uint32Array(units);
  const all: Float64Array[] = [];
  for (let at = 0; at < resamples; at++) {
    draw(weights);
    for (const [which, value] of values(weights).entries())
      (all[which] ??= new Float64Array(resamples))[at] = value;
  }
  return all;
}
