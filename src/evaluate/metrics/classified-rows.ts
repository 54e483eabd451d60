import { MlregError } from '../../core/errors.ts';

/** Classes of rows: what they are, and what a model says. */
export interface ClassifiedRows {
  /**
   * All classes, of the data and of the model, each once and in the order in which results list
   * them. With two, the second is the positive one.
   */
  labels: readonly string[];
  /** The right class of each row: an index into `labels`. */
  target: Int32Array;
  /** The class that the model answers for each row: an index into `labels`. */
  predicted: Int32Array;
  /** Null: the model gives none. */
  probabilities: Probabilities | null;
}

export interface Probabilities {
  /**
   * The class of each column: an index into `labels`, each once. A single column is the score of
   * the class it names, and the rest of 1 that of the other.
   */
  classes: Int32Array;
  /** Row by row, `classes.length` values each. */
  values: Float32Array | Float64Array;
}

/** Scores of classes, in float64, with what they can be used for. */
export interface ClassScores {
  classes: Int32Array;
  /**
   * Why they are no probabilities, so that nothing but their order counts; null: they are, and sum
   * to 1 in each row.
   */
  refusal: string | null;
  /** The score of the class in this column of each row. */
  column(index: number): Float64Array;
  /** All scores of a row, into `into`. */
  row(at: number, into: Float64Array): void;
}

/** How far a sum may be from 1: as far as rounding to two decimals takes it, and at most 0.1. */
const sumTolerance = (classes: number): number => Math.min(0.1, 0.005 * classes) + 1e-6;

/**
 * Takes the probabilities to float64 and divides each row by its sum, as they are rounded to
 * float32 or, by some programs, to a few decimals. Scores that are no probabilities, such as
 * logits, stay as they are.
 *
 * @throws INVALID_INPUT if one is not a number
 */
export function classScores({ labels, target, probabilities }: ClassifiedRows): ClassScores | null {
  if (probabilities === null) return null;
  const { classes, values } = completed(probabilities, labels.length);
  const width = classes.length;
  const tolerance = sumTolerance(width);
  const sums = new Float64Array(target.length);
  let refusal: string | null = width < 2 ? 'the model gives one score per row, but not of two classes' : null;
  for (let at = 0, cell = 0; at < target.length; at++) {
    let sum = 0;
    let outside = false;
    for (let column = 0; column < width; column++, cell++) {
      const value = values[cell] ?? 0;
      if (Number.isNaN(value)) throw notANumber(at, labels[classes[column] ?? 0] ?? '');
      outside ||= value < 0 || value > 1;
      sum += value;
    }
    sums[at] = sum;
    if (refusal !== null) continue;
    if (outside) refusal = `row ${at + 1} has a score outside 0 to 1`;
    else if (Math.abs(sum - 1) > tolerance) refusal = `the scores of row ${at + 1} sum to ${sum}, not to 1`;
  }
  if (refusal !== null) sums.fill(1);
  return {
    classes,
    refusal,
    column(index) {
      const scores = new Float64Array(target.length);
      // Adding 0 makes one of both zeros.
      for (let at = 0, cell = index; at < scores.length; at++, cell += width)
        scores[at] = (values[cell] ?? 0) / (sums[at] ?? 1) + 0;
      return scores;
    },
    row(at, into) {
      for (let column = 0; column < width; column++)
        into[column] = (values[at * width + column] ?? 0) / (sums[at] ?? 1);
    },
  };
}

/** A single column with its counterpart, so that both classes have one. */
function completed({ classes, values }: Probabilities, labels: number): Probabilities {
  const [only] = classes;
  if (classes.length !== 1 || labels !== 2 || only === undefined) return { classes, values };
  const both = new Float64Array(values.length * 2);
  const own = only === 0 ? 0 : 1;
  for (const [at, value] of values.entries()) {
    both[at * 2 + own] = value;
    both[at * 2 + 1 - own] = 1 - value;
  }
  return { classes: Int32Array.of(0, 1), values: both };
}

function notANumber(row: number, label: string): MlregError {
  return new MlregError(
    'INVALID_INPUT',
    `the model's score of class ${JSON.stringify(label)} is NaN in row ${row + 1}`,
    { hint: 'look for missing or infinite values in that row, which the model cannot take' },
  );
}
