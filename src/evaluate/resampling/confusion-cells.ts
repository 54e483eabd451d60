import { countConfusion, metricsOfConfusion, type ConfusionMetric } from '../metrics/confusion.ts';

/**
 * Rows counted by their right class and by what one or two models predict. Resampling the counts is
 * the same as resampling the rows, for all that depends on the confusion matrices.
 */
export interface ConfusionCells {
  counts: Float64Array;
  target: Int32Array;
  /** Per model, its prediction for the rows of each cell. */
  predicted: Int32Array[];
}

export function confusionCells(
  target: Int32Array,
  predicted: readonly Int32Array[],
  classes: number,
): ConfusionCells {
  const codes = new Float64Array(target.length);
  for (let row = 0; row < target.length; row++) {
    let code = target[row] ?? 0;
    for (const one of predicted) code = code * classes + (one[row] ?? 0);
    codes[row] = code;
  }
  codes.sort();
  const counts: number[] = [];
  const distinct: number[] = [];
  for (const code of codes) {
    if (code !== distinct.at(-1)) {
      distinct.push(code);
      counts.push(0);
    }
    counts[counts.length - 1] = (counts.at(-1) ?? 0) + 1;
  }
  const digit = (place: number): Int32Array =>
    Int32Array.from(distinct, (code) => Math.floor(code / classes ** place) % classes);
  return {
    counts: Float64Array.from(counts),
    target: digit(predicted.length),
    predicted: predicted.map((_, model) => digit(predicted.length - 1 - model)),
  };
}

/** The metrics of one model, where each cell has as many rows as its weight says. */
export function metricsOfCells(
  { target, predicted }: ConfusionCells,
  model: number,
  weights: ArrayLike<number>,
  classes: number,
): Record<ConfusionMetric, number> {
  const counts = countConfusion(target, predicted[model] ?? target, classes, weights);
  return metricsOfConfusion(counts, classes === 2 ? 1 : null);
}
