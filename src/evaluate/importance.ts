import type { Direction } from '../core/metadata/metric-direction.ts';
import { nextBelow, seededRandom } from '../core/seeded-random.ts';
import { alpha } from '../stats/interval.ts';
import { specialFunctions } from '../stats/special.ts';

/** A column of what a model is given: every `stride`-th value from `offset` on, one per row. */
export interface FeatureColumn {
  name: string;
  values: FeatureValues;
  offset: number;
  stride: number;
}

type FeatureValues = Float32Array | Float64Array | Int32Array | BigInt64Array | (string | number | bigint)[];

/** How much worse the model predicts if it cannot use a column. */
export interface ColumnImportance {
  column: string;
  /** Mean loss in the metric over all repeats; positive: worse without the column. */
  mean: number;
  /** The 95% interval of the mean over permutations of these rows; null with one repeat. */
  low: number | null;
  high: number | null;
}

export interface ImportanceOptions {
  direction: Direction;
  /** How often each column is permuted; 5 as in scikit-learn. */
  repeats?: number;
  /** The same seed gives the same permutations on every machine. */
  seed?: number;
  /** Called after each prediction, with their number so far and in all. */
  onProgress?: (done: number, all: number) => void;
}

/**
 * Permutation importance: shuffles one column at a time among the rows, in place, and measures how
 * much the metric gets worse. Columns that carry the same information share theirs, and may both
 * seem unimportant. The interval is Student's, of the repeats. Source: L. Breiman, "Random forests"
 * (2001); for any model A. Fisher, C. Rudin, F. Dominici (2019).
 *
 * @param columns which are as they were afterwards, also if `measure` fails
 * @param measure the metric of predictions from the columns as they are now; null: undefined
 * @returns the most important first; null if the metric is undefined
 */
export async function permutationImportance(
  columns: readonly FeatureColumn[],
  rows: number,
  measure: () => Promise<number | null>,
  { direction, repeats = 5, seed = 0, onProgress }: ImportanceOptions,
): Promise<ColumnImportance[] | null> {
  const { studentQuantile } = await specialFunctions();
  const all = 1 + columns.length * repeats;
  const whole = await measure();
  if (whole === null) return null;
  onProgress?.(1, all);
  const order = new Uint32Array(rows);
  const found: ColumnImportance[] = [];
  for (const [at, column] of columns.entries()) {
    const original = read(column, rows);
    // By its name, so that other columns do not change it.
    const random = seededRandom(seed, `importance of ${column.name}`);
    const losses: number[] = [];
    try {
      for (let repeat = 0; repeat < repeats; repeat++) {
        shuffle(order, random);
        write(column, original, order);
        const permuted = await measure();
        if (permuted === null) return null;
        losses.push(direction === 'higher' ? whole - permuted : permuted - whole);
        onProgress?.(2 + at * repeats + repeat, all);
      }
    } finally {
      write(column, original, null);
    }
    found.push({ column: column.name, ...summary(losses, studentQuantile) });
  }
  return found.sort((a, b) => b.mean - a.mean);
}

function summary(
  losses: readonly number[],
  studentQuantile: (p: number, freedom: number) => number,
): Omit<ColumnImportance, 'column'> {
  const count = losses.length;
  const mean = losses.reduce((sum, loss) => sum + loss, 0) / count;
  if (count < 2) return { mean, low: null, high: null };
  const variance = losses.reduce((sum, loss) => sum + (loss - mean) ** 2, 0) / (count - 1);
  const reach = studentQuantile(1 - alpha / 2, count - 1) * Math.sqrt(variance / count);
  return { mean, low: mean - reach, high: mean + reach };
}

/** A random order of the rows. Source: R. Durstenfeld, "Algorithm 235" (1964). */
function shuffle(order: Uint32Array, random: () => number): void {
  for (let at = 0; at < order.length; at++) {
    const other = nextBelow(random, at + 1);
    order[at] = order[other] ?? 0;
    order[other] = at;
  }
}

function read({ values, offset, stride }: FeatureColumn, rows: number): (string | number | bigint)[] {
  return Array.from({ length: rows }, (_, row) => values[offset + row * stride] ?? 0);
}

function write(
  { values, offset, stride }: FeatureColumn,
  original: readonly (string | number | bigint)[],
  order: Uint32Array | null,
): void {
  const cells = values as (string | number | bigint)[];
  for (let row = 0; row < original.length; row++)
    cells[offset + row * stride] = original[order === null ? row : (order[row] ?? row)] ?? 0;
}
