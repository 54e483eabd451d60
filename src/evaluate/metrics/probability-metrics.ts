import type { ClassScores } from './classified-rows.ts';

/** The distance of 1 to the next double: scikit-learn keeps probabilities this far from 0 and 1. */
const epsilon = 2 ** -52;

export interface RowLosses {
  /** −log of the probability of the right class, kept between 2^-52 and 1 − 2^-52. */
  log: Float64Array;
  /**
   * The squared distance of the probabilities to 1 for the right class and 0 for others; with two
   * classes half of it, which is that of the positive class. Source: G. Brier, "Verification of
   * forecasts expressed in terms of probability" (1950).
   */
  brier: Float64Array;
}

/**
 * The losses of each row. Their means equal scikit-learn's `log_loss` and `brier_score_loss`.
 *
 * @param scores probabilities, whose classes contain those of the rows
 */
export function rowLosses(target: Int32Array, scores: ClassScores, labels: number): RowLosses {
  const log = new Float64Array(target.length);
  const brier = new Float64Array(target.length);
  const columnOf = columnsOf(scores, labels);
  const row = new Float64Array(scores.classes.length);
  const scale = row.length === 2 ? 0.5 : 1;
  for (let at = 0; at < target.length; at++) {
    scores.row(at, row);
    const right = columnOf[target[at] ?? 0] ?? -1;
    let squares = 0;
    for (let column = 0; column < row.length; column++)
      squares += ((row[column] ?? 0) - (column === right ? 1 : 0)) ** 2;
    brier[at] = squares * scale;
    log[at] = -Math.log(Math.min(Math.max(row[right] ?? 0, epsilon), 1 - epsilon));
  }
  return { log, brier };
}

/**
 * How many scores of each row come before that of its right class; as many as there are if the
 * model has no score of it. Of equal scores, the later class comes first, as in scikit-learn.
 */
export function targetRanks(target: Int32Array, scores: ClassScores, labels: number): Uint32Array {
  const ranks = new Uint32Array(target.length).fill(scores.classes.length);
  const columnOf = columnsOf(scores, labels);
  const row = new Float64Array(scores.classes.length);
  for (let at = 0; at < target.length; at++) {
    const right = columnOf[target[at] ?? 0] ?? -1;
    if (right === -1) continue;
    scores.row(at, row);
    const own = row[right] ?? 0;
    let before = 0;
    for (let column = 0; column < row.length; column++) {
      const other = row[column] ?? 0;
      if (other > own || (other === own && column > right)) before++;
    }
    ranks[at] = before;
  }
  return ranks;
}

/** The column of each label; −1: the model has no score of it. */
export function columnsOf({ classes }: ClassScores, labels: number): Int32Array {
  const columns = new Int32Array(labels).fill(-1);
  for (const [column, label] of classes.entries()) columns[label] = column;
  return columns;
}
