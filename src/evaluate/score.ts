import type { EvaluationTask } from '../core/measurements/evaluation.ts';
import { MlregError } from '../core/errors.ts';
import { quote } from '../core/text/quote.ts';
import type { CodedCells, CollectedOutput, CollectedRows } from '../predict/collected-rows.ts';
import { classificationIntervals, regressionIntervals, type Intervals } from './intervals.ts';
import { classificationMetrics, type ClassificationMetrics } from './metrics/classification.ts';
import type { ClassifiedRows } from './metrics/classified-rows.ts';
import { regressionMetrics, type RegressionMetrics, type RegressionRows } from './metrics/regression.ts';
import { classify } from './outputs/classified.ts';
import type { LabelStyle } from './outputs/class-names.ts';
import { findOutputs, type NamedOutputs } from './outputs/find-outputs.ts';
import { cellsOf, numericTarget, presentRows, targetFacts, type PresentRows } from './outputs/target.ts';

/** How the outputs of a model are compared with the column of the right answers. */
export interface ScoreOptions {
  /** The column of the right answers. */
  target: string;
  task: EvaluationTask | 'auto';
  named: NamedOutputs;
  /** The class of each probability, in order; null: what the model or the labels tell. */
  classes: readonly string[] | null;
  /** The positive one of two classes; null: the last. */
  positive: string | null;
}

/** Rows with their right answers and predictions. */
export type ScoredRows = {
  /** Names of the outputs that were used. */
  outputs: { label: string | null; probability: string | null; prediction: string | null };
  warnings: string[];
} & (
  | { task: 'classification'; rows: ClassifiedRows; style: LabelStyle }
  | { task: 'regression'; rows: RegressionRows }
);

/** These with their metrics. `present`: the rows that have a target. */
export type Scored = { present: PresentRows } & (
  | (Extract<ScoredRows, { task: 'classification' }> & { metrics: ClassificationMetrics })
  | (Extract<ScoredRows, { task: 'regression' }> & { metrics: RegressionMetrics })
);

/** Compares predictions with targets. INVALID_INPUT as in `readRows`. */
export function scoreRows(collected: CollectedRows, options: ScoreOptions): Scored {
  const all = collected.cells.get(options.target) ?? { codes: new Int32Array(), values: [] };
  const present = presentRows(all);
  const cells = cellsOf(all, present);
  if (cells.codes.length === 0) throw noRows(collected, options.target);
  const found = readRows(collected.outputs, cells, present, options);
  return found.task === 'classification'
    ? { ...found, present, metrics: classificationMetrics(found.rows) }
    : { ...found, present, metrics: regressionMetrics(found.rows) };
}

/** For many predictions of the same rows: only the leading metric, null if it is undefined. */
export function scoreOutputs(
  outputs: readonly CollectedOutput[],
  target: CodedCells,
  options: ScoreOptions,
): ScoredRows & { leading: number | null } {
  const found = readRows(outputs, target, { rows: null, missing: 0 }, options);
  const leading =
    found.task === 'classification' ? accuracyOf(found.rows) : regressionMetrics(found.rows).metrics.rmse;
  return { ...found, leading };
}

function accuracyOf({ target, predicted }: ClassifiedRows): number | null {
  let hits = 0;
  for (const [row, right] of target.entries()) if (right === predicted[row]) hits++;
  return target.length === 0 ? null : hits / target.length;
}

/** INVALID_INPUT if no output fits the task, or the target does not. */
function readRows(
  outputs: readonly CollectedOutput[],
  cells: CodedCells,
  present: PresentRows,
  { target, task, named, ...options }: ScoreOptions,
): ScoredRows {
  const found = findOutputs(outputs, { task, named, target: targetFacts(cells) });
  if (found.task === 'regression') {
    const rows = { target: numericTarget(cells, target), predicted: numbersOf(found.prediction, present) };
    const used = { label: null, probability: null, prediction: found.prediction.name };
    return { task: 'regression', outputs: used, rows, warnings: [] };
  }
  const { label, probability } = found;
  const used = { label: label?.name ?? null, probability: probability?.name ?? null, prediction: null };
  const classified = classify({
    target: cells,
    present,
    label,
    probability,
    classes: options.classes ?? namedClasses(probability),
    positive: options.positive,
  });
  return { task: 'classification', outputs: used, ...classified };
}

export function intervalsOf(scored: Scored, seed: number): Intervals {
  return scored.task === 'classification'
    ? classificationIntervals(scored.rows, scored.metrics, { seed })
    : regressionIntervals(scored.rows, scored.metrics, { seed });
}

/** Cells of another column, of the rows that have a target. */
export function besideTarget(collected: CollectedRows, column: string, scored: Scored): CodedCells {
  const cells = collected.cells.get(column) ?? { codes: new Int32Array(), values: [] };
  return cellsOf(cells, scored.present);
}

function numbersOf({ data }: CollectedOutput, { rows }: PresentRows): Float64Array {
  const values = data as Exclude<CollectedOutput['data'], string[]>;
  return rows === null
    ? Float64Array.from(values as ArrayLike<number | bigint>, Number)
    : Float64Array.from(rows, (row) => Number(values[row]));
}

function namedClasses(probability: CollectedOutput | null): readonly string[] | null {
  const { classes, width } = (probability ?? {}) as { classes?: readonly string[]; width?: number };
  return classes !== undefined && classes.length === width ? classes : null;
}

function noRows({ rows, cells }: CollectedRows, target: string): MlregError {
  const what =
    rows === 0
      ? 'the data has no rows'
      : `column ${quote(target)} is empty in all ${rows} rows: there is nothing to compare with`;
  const others = [...cells.keys()].filter((name) => name !== target).map((name) => quote(name));
  const hint =
    others.length === 0 ? 'check the file and --target' : `check --target; also there: ${others.join(', ')}`;
  return new MlregError('INVALID_INPUT', what, { hint });
}
