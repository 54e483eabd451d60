import type { ClassScores } from './classified-rows.ts';
import { columnsOf } from './probability-metrics.ts';

/** Rows whose probability is above `low` and at most `high`; those at 0 are in the lowest bin. */
export interface CalibrationBin {
  low: number;
  high: number;
  rows: number;
  /** Mean of the probabilities; null without rows. */
  confidence: number | null;
  /** Share of rows for which it came true; null without rows. */
  frequency: number | null;
}

export interface Calibration {
  /**
   * Expected calibration error: the mean distance of confidence and frequency of the bins, weighted
   * by rows.
   */
  error: number;
  bins: CalibrationBin[];
}

const binCount = 15;

/**
 * How well probabilities agree with frequencies, in 15 bins of equal width: with two classes, those
 * of the positive class; with more, that of the class with the highest probability. Sources: M.
 * Naeini, G. Cooper, M. Hauskrecht, "Obtaining well calibrated probabilities using Bayesian
 * binning" (2015); C. Guo and others, "On calibration of modern neural networks" (2017).
 *
 * @param positive the positive class; null: the likeliest class of each row counts
 */
export function calibration(
  target: Int32Array,
  scores: ClassScores,
  labels: number,
  positive: number | null,
): Calibration {
  const counts = new Float64Array(binCount);
  const confidences = new Float64Array(binCount);
  const came = new Float64Array(binCount);
  const row = new Float64Array(scores.classes.length);
  const own = positive === null ? -1 : (columnsOf(scores, labels)[positive] ?? -1);
  for (let at = 0; at < target.length; at++) {
    scores.row(at, row);
    const column = own >= 0 ? own : highest(row);
    const confidence = row[column] ?? 0;
    const bin = binOf(confidence);
    counts[bin] = (counts[bin] ?? 0) + 1;
    confidences[bin] = (confidences[bin] ?? 0) + confidence;
    if (target[at] === scores.classes[column]) came[bin] = (came[bin] ?? 0) + 1;
  }
  let error = 0;
  const bins = Array.from(counts, (rows, bin): CalibrationBin => {
    const confidence = (confidences[bin] ?? 0) / rows;
    const frequency = (came[bin] ?? 0) / rows;
    const edges = { low: bin / binCount, high: (bin + 1) / binCount, rows };
    if (rows === 0) return { ...edges, confidence: null, frequency: null };
    error += (rows / target.length) * Math.abs(confidence - frequency);
    return { ...edges, confidence, frequency };
  });
  return { error, bins };
}

/** The bin whose edges enclose a probability, by the same edges as it shows. */
function binOf(probability: number): number {
  let bin = Math.min(binCount - 1, Math.max(0, Math.ceil(probability * binCount) - 1));
  if (bin > 0 && probability <= bin / binCount) bin--;
  else if (bin < binCount - 1 && probability > (bin + 1) / binCount) bin++;
  return bin;
}

function highest(row: Float64Array): number {
  let best = 0;
  for (let column = 1; column < row.length; column++)
    if ((row[column] ?? 0) > (row[best] ?? 0)) best = column;
  return best;
}
