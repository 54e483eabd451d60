import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { MlregError } from '../core/errors.ts';
import { leadingMetric } from '../core/measurements/evaluation-metrics.ts';
import { formatReference } from '../core/versions/reference.ts';
import { collectPredictions, type CollectInput } from '../predict/collect.ts';
import type { CollectedRows } from '../predict/collected-rows.ts';
import { type RejectFile, type RejectOptions, withRejects } from '../predict/reject-file.ts';
import { refuseLostHistory, type Registry } from '../registry/registry.ts';
import { type VerifiedCopies, withVerifiedCopies } from '../registry/verified-copies.ts';
import { measureImportance } from './measure-importance.ts';
import type {
  EvaluateResult,
  EvaluationData,
  EvaluationPlots,
  EvaluationReport,
  Label,
  SliceReport,
} from './evaluation.ts';
import { residualHistogram } from './metrics/residual-histogram.ts';
import { rocCurves } from './metrics/roc-curve.ts';
import { labelValue } from './outputs/class-names.ts';
import { saveEvaluation } from './save.ts';
import { besideTarget, intervalsOf, scoreRows, type Scored, type ScoreOptions } from './score.ts';
import { sliceClassification, sliceRegression } from './slices.ts';

/** What predicting the rows takes, without what evaluating decides. */
export type DataOptions = Omit<CollectInput, 'cells' | 'ref' | 'copies' | 'rejects' | 'known'>;

export interface EvaluateInput extends DataOptions, ScoreOptions, RejectOptions {
  ref: CollectInput['ref'];
  /** Columns by whose values the rows are grouped. */
  slices: readonly string[];
  /** Whether the importance of columns is measured, by permuting each. */
  importance: boolean;
  /** Of intervals and permutations. */
  seed: number;
  /** Null: nothing is stored. */
  save: { as: string | null; asOf: number | null } | null;
  /** Called with the permutations that were predicted. */
  onPermuted?: (progress: { done: number; all: number }) => void;
}

/**
 * Predicts the rows of a table and compares the predictions with a column of it. Rejects as
 * `collectPredictions`, and INVALID_INPUT if the model's outputs do not fit the task or the target, or if
 * the data is of the future.
 */
export async function evaluateVersion(registry: Registry, input: EvaluateInput): Promise<EvaluateResult> {
  const { save, importance, table } = input;
  if (save !== null) {
    if (save.asOf !== null && save.asOf > registry.now() + dayMs) throw notYet(save.asOf);
    await refuseLostHistory(registry);
  }
  if (importance && table.path === null) throw readOnce();
  return withRejects(registry, input, (rejects) =>
    withVerifiedCopies(registry, 'evaluate', (copies) => evaluateWith(registry, input, copies, rejects)),
  );
}

async function evaluateWith(
  registry: Registry,
  input: EvaluateInput,
  copies: VerifiedCopies,
  rejects: RejectFile,
): Promise<EvaluateResult> {
  const { ref, save, seed, slices, target } = input;
  const options = await dataOptions(input, target);
  const collected = await collectPredictions(registry, {
    ...options,
    ref,
    copies,
    rejects: rejects.file ?? undefined,
    cells: [{ column: target, flag: '--target' }, ...slices.map((column) => ({ column, flag: '--slice' }))],
  });
  const { record } = collected;
  const scored = scoreRows(collected, input);
  const { onPermuted } = input;
  const importance = input.importance
    ? await measureImportance(registry, {
        ...collected,
        copies,
        options,
        score: scoreOptions(input),
        seed,
        ...(onPermuted === undefined ? {} : { onProgress: onPermuted }),
      })
    : null;
  const report: EvaluationReport = {
    task: scored.task,
    data: dataOf(collected, scored, input),
    as: save?.as ?? null,
    asOf: save === null || save.asOf === null ? null : new Date(save.asOf).toISOString(),
    rows: scored.metrics.rows,
    outputs: scored.outputs,
    metrics: scored.metrics.metrics,
    undefinedMetrics: scored.metrics.undefinedMetrics,
    intervals: intervalsOf(scored, seed),
    ...classesOf(scored),
    slices: slices.map((column) => sliceOf(collected, scored, column, seed)),
    importance,
  };
  await rejects.finish();
  const saved = save === null ? null : await saveEvaluation(registry, record, report);
  return {
    ref: formatReference(record.name, record.version),
    name: record.name,
    version: record.version,
    digest: record.artifact.digest,
    ...report,
    ...plotsOf(scored),
    seed,
    rejects: input.reject ?? null,
    saved,
    warnings: [...collected.warnings, ...scored.warnings],
  };
}

/** In one session, the threads of ONNX Runtime are as many as it takes by itself. */
const smallBytes = 2 ** 25;

/**
 * How the rows are predicted. The target is no input of the model. A small table is predicted by
 * one session, as most programs do it: sums in it, and so the last digits, depend on the number of
 * threads.
 */
export async function dataOptions(
  { columns, map, exclude = [], table, ...rest }: DataOptions,
  target: string,
): Promise<DataOptions> {
  const size = table.path === null ? null : await stat(table.path).catch(() => null);
  const workers = rest.workers ?? (size !== null && size.size <= smallBytes ? 1 : undefined);
  const { onMissing, batch, timeoutMs, memoryLimitBytes, maxRejects, onProgress } = rest;
  const limits = { onMissing, batch, workers, timeoutMs, memoryLimitBytes };
  return {
    columns,
    map,
    exclude: [...exclude, { name: target, flag: '--target' }],
    table,
    ...limits,
    maxRejects,
    onProgress,
  };
}

/** Without what else the input holds, so that it can be sent to the child. */
function scoreOptions({ target, task, named, classes, positive }: ScoreOptions): ScoreOptions {
  return { target, task, named, classes, positive };
}

/** A date has begun somewhere a day before it has in UTC. */
const dayMs = 24 * 3600e3;

function notYet(asOf: number): MlregError {
  const time = new Date(asOf).toISOString();
  return new MlregError('INVALID_INPUT', `data cannot be of ${time}, which is in the future`, {
    hint: 'say when the data is of, or omit it: now',
  });
}

function readOnce(): MlregError {
  return new MlregError('USAGE', '--importance reads the table twice, and stdin can be read once only', {
    hint: 'save it to a file, and pass --data FILE',
  });
}

export function dataOf(
  { digest, rows, rejected }: CollectedRows,
  { present }: Scored,
  { table, target }: Pick<EvaluateInput, 'table' | 'target'>,
): EvaluationData {
  return {
    file: table.path === null ? null : basename(table.path),
    digest,
    target,
    rows: rows + rejected,
    missingTarget: present.missing,
    rejected,
  };
}

/** A matrix of more classes is read by nobody, and would be stored with each evaluation. */
const mostInMatrix = 100;

/** What is told of classes; null for numbers. */
export function classesOf(
  scored: Scored,
): Pick<EvaluationReport, 'positive' | 'labels' | 'classes' | 'confusion' | 'calibration'> {
  if (scored.task === 'regression')
    return { positive: null, labels: null, classes: null, confusion: null, calibration: null };
  const { metrics, style } = scored;
  const value = (label: string): Label => labelValue(label, style);
  return {
    positive: metrics.positive === null ? null : value(metrics.positive),
    labels: metrics.labels.map(value),
    classes: metrics.classes.map((own) => ({ ...own, label: value(own.label) })),
    confusion: metrics.labels.length > mostInMatrix ? null : metrics.confusion,
    calibration: metrics.calibration,
  };
}

/** More groups are not read, and the worst come first. */
const mostGroups = 50;

function sliceOf(collected: CollectedRows, scored: Scored, column: string, seed: number): SliceReport {
  const cells = { name: column, ...besideTarget(collected, column, scored) };
  const { name: metric, direction } = leadingMetric(scored.task);
  const groups =
    scored.task === 'classification'
      ? sliceClassification(scored.rows, cells, { metric, direction, seed })
      : sliceRegression(scored.rows, cells, { metric: 'rmse', direction, seed });
  const listed = groups.slice(0, mostGroups);
  const rest = groups.slice(mostGroups);
  return {
    column,
    metric,
    groups: listed,
    omitted: { groups: rest.length, rows: rest.reduce((sum, { rows }) => sum + rows, 0) },
  };
}

/** Curves of more classes cannot be told apart. */
const mostCurves = 20;
const mostPoints = 400;

function plotsOf(scored: Scored): EvaluationPlots {
  if (scored.task === 'classification') {
    const { labels } = scored.rows;
    const of = labels.length === 2 ? [1] : [...labels.keys()].slice(0, mostCurves);
    return { curves: rocCurves(scored.rows, of), residuals: null };
  }
  const histogram = residualHistogram(scored.rows);
  return { curves: [], residuals: histogram && { ...histogram, points: somePoints(scored.rows) } };
}

/** Every n-th row, so that the points are spread over the whole file. */
function somePoints({ target, predicted }: { target: Float64Array; predicted: Float64Array }) {
  const step = Math.max(1, Math.ceil(target.length / mostPoints));
  const points: [number, number][] = [];
  for (let row = 0; row < target.length; row += step) points.push([target[row] ?? 0, predicted[row] ?? 0]);
  return points;
}
