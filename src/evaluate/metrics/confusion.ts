/** Rows counted by their right class and the predicted one. Counts may be weights. */
export interface ConfusionCounts {
  rows: number;
  /** Of each class: rows that are of it, and for which it was predicted. */
  hits: Float64Array;
  /** Rows that are of the class. */
  support: Float64Array;
  /** Rows for which it was predicted. */
  predictions: Float64Array;
}

export function countConfusion(
  target: Int32Array,
  predicted: Int32Array,
  classes: number,
  weights?: ArrayLike<number>,
): ConfusionCounts {
  const counts = {
    rows: 0,
    hits: new Float64Array(classes),
    support: new Float64Array(classes),
    predictions: new Float64Array(classes),
  };
  const { hits, support, predictions } = counts;
  for (let row = 0; row < target.length; row++) {
    const weight = weights === undefined ? 1 : (weights[row] ?? 0);
    const right = target[row] ?? 0;
    const answer = predicted[row] ?? 0;
    counts.rows += weight;
    support[right] = (support[right] ?? 0) + weight;
    predictions[answer] = (predictions[answer] ?? 0) + weight;
    if (right === answer) hits[right] = (hits[right] ?? 0) + weight;
  }
  return counts;
}

/** The matrix of counts: a row per right class, a column per predicted one. */
export function confusionMatrix(target: Int32Array, predicted: Int32Array, classes: number): number[][] {
  const matrix = Array.from({ length: classes }, () => Array.from({ length: classes }, () => 0));
  for (let row = 0; row < target.length; row++) {
    const cells = matrix[target[row] ?? 0];
    const answer = predicted[row] ?? 0;
    if (cells !== undefined) cells[answer] = (cells[answer] ?? 0) + 1;
  }
  return matrix;
}

export interface ClassShares {
  precision: number;
  recall: number;
  f1: number;
}

/** As scikit-learn has it: 0 instead of 0/0. */
export function classShares({ hits, support, predictions }: ConfusionCounts, label: number): ClassShares {
  const hit = hits[label] ?? 0;
  const right = support[label] ?? 0;
  const answer = predictions[label] ?? 0;
  return {
    precision: answer === 0 ? 0 : hit / answer,
    recall: right === 0 ? 0 : hit / right,
    f1: right + answer === 0 ? 0 : (2 * hit) / (right + answer),
  };
}

/** Metrics of the confusion matrix, in the order in which they are listed. */
export const confusionMetrics = [
  'accuracy',
  'balanced_accuracy',
  'precision',
  'recall',
  'f1',
  'precision_macro',
  'recall_macro',
  'f1_macro',
  'precision_micro',
  'recall_micro',
  'f1_micro',
  'precision_weighted',
  'recall_weighted',
  'f1_weighted',
  'mcc',
] as const;
export type ConfusionMetric = (typeof confusionMetrics)[number];

/**
 * Metrics of the confusion matrix, as scikit-learn defines them: macro over the classes that occur
 * in the data or the predictions, weighted by support, F1 as 2·hits/(support + predictions),
 * balanced accuracy as the mean recall of the classes in the data, and Matthews' correlation
 * (`mcc`) as J. Gorodkin extends it to more classes, "Comparing two K-category assignments by a
 * K-category correlation coefficient" (2004), 0 if either side is of one class. Without a positive
 * class, `precision`, `recall` and `f1` are NaN.
 *
 * @param counts of at least one row
 */
export function metricsOfConfusion(
  counts: ConfusionCounts,
  positive: number | null,
): Record<ConfusionMetric, number> {
  const { rows, hits, support, predictions } = counts;
  const macro = { precision: 0, recall: 0, f1: 0 };
  const weighted = { precision: 0, recall: 0, f1: 0 };
  let [hit, occurring, present, recalls, products, rightSquares, answerSquares] = [0, 0, 0, 0, 0, 0, 0];
  for (let label = 0; label < hits.length; label++) {
    const right = support[label] ?? 0;
    const answer = predictions[label] ?? 0;
    if (right === 0 && answer === 0) continue;
    const shares = classShares(counts, label);
    for (const name of ['precision', 'recall', 'f1'] as const) {
      macro[name] += shares[name];
      weighted[name] += shares[name] * right;
    }
    occurring++;
    if (right > 0) {
      present++;
      recalls += shares.recall;
    }
    hit += hits[label] ?? 0;
    products += right * answer;
    rightSquares += right * right;
    answerSquares += answer * answer;
  }
  const accuracy = hit / rows;
  const own =
    positive === null
      ? { precision: Number.NaN, recall: Number.NaN, f1: Number.NaN }
      : classShares(counts, positive);
  const spread = (rows * rows - answerSquares) * (rows * rows - rightSquares);
  return {
    accuracy,
    balanced_accuracy: recalls / present,
    ...own,
    precision_macro: macro.precision / occurring,
    recall_macro: macro.recall / occurring,
    f1_macro: macro.f1 / occurring,
    precision_micro: accuracy,
    recall_micro: accuracy,
    f1_micro: accuracy,
    precision_weighted: weighted.precision / rows,
    recall_weighted: weighted.recall / rows,
    f1_weighted: weighted.f1 / rows,
    mcc: spread === 0 ? 0 : (hit * rows - products) / Math.sqrt(spread),
  };
}
