import { escapeText } from '../text/quote.ts';
import type { Direction } from '../metadata/metric-direction.ts';
import type { Measurement, MeasurementKind, Readable } from './measurement.ts';

export type EvaluationTask = 'classification' | 'regression';

/** The file that versions were evaluated on. */
export interface EvaluatedData {
  /** Its base name; null: it was read from stdin. */
  file: string | null;
  /** `sha256:` and the SHA-256 of its bytes as read, compressed ones as they are. */
  digest: string;
  /** The column of the right answers. */
  target: string;
}

/** A metric of an evaluation, or one per class by its label; null: undefined on this data. */
export type MetricValue = number | null | Readonly<Record<string, number | null>>;

/**
 * A stored evaluation: the JSON of `mlreg evaluate`, without what only the command adds. Other
 * members are described in `schemas/evaluation-report.ts`.
 */
export interface StoredEvaluation {
  [member: string]: unknown;
  task: EvaluationTask;
  data: EvaluatedData;
  /** Name of the data set (`--as`); null: none. */
  as: string | null;
  /** The time that the data is of (`--at`), ISO 8601; null: not said. */
  asOf: string | null;
  /** Number of rows that the metrics are of. */
  rows: number;
  metrics: Readonly<Record<string, MetricValue>>;
  /** Why a metric is null. */
  undefinedMetrics?: Readonly<Record<string, string>>;
}

export const evaluationKind: MeasurementKind<StoredEvaluation> = {
  name: 'evaluation',
  schema: 1,
  read(result): Readable<StoredEvaluation> {
    const { task, data, rows, metrics } = asObject(result);
    if (task !== 'classification' && task !== 'regression') return { unreadable: 'its result has no task' };
    if (!isEvaluatedData(data)) return { unreadable: 'its result has no data' };
    if (typeof rows !== 'number') return { unreadable: 'its result has no rows' };
    if (!isObject(metrics)) return { unreadable: 'its result has no metrics' };
    return { result: { as: null, asOf: null, ...(result as object) } as StoredEvaluation };
  },
  summary: ({ as, asOf, data, metrics }) => ({
    ...(as === null ? {} : { as }),
    ...(asOf === null ? {} : { asOf }),
    data: data.digest,
    ...headline(metrics),
  }),
};

/** One metric of both versions, on the same rows. */
export interface ComparedMetric {
  name: string;
  direction: Direction;
  baseline: number;
  candidate: number;
  /** `candidate` minus `baseline`, with its 95% interval. */
  delta: number;
  low: number;
  high: number;
  /** Two-sided p-value of the hypothesis that they are equal. */
  p: number;
  /** The version that is better at the 5% level; null: it cannot be told. */
  better: 'baseline' | 'candidate' | null;
}

export interface ComparedVersionOfData {
  ref: string;
  /** Digest of its artifact. */
  digest: string;
}

/**
 * A stored comparison of two versions on the same rows: the JSON of `mlreg compare A B --data`. It
 * stands beside the candidate (B). Other members are described in `schemas/evaluation-report.ts`.
 */
export interface StoredComparison {
  [member: string]: unknown;
  task: EvaluationTask;
  data: EvaluatedData;
  rows: number;
  baseline: ComparedVersionOfData;
  candidate: ComparedVersionOfData;
  metrics: readonly ComparedMetric[];
}

export const comparisonKind: MeasurementKind<StoredComparison> = {
  name: 'comparison',
  schema: 1,
  read(result): Readable<StoredComparison> {
    const { data, rows, baseline, candidate, metrics } = asObject(result);
    if (!isEvaluatedData(data)) return { unreadable: 'its result has no data' };
    if (typeof rows !== 'number') return { unreadable: 'its result has no rows' };
    for (const [side, value] of Object.entries({ baseline, candidate }))
      if (typeof asObject(value)['digest'] !== 'string') return { unreadable: `its result has no ${side}` };
    if (!Array.isArray(metrics) || !metrics.every(isComparedMetric))
      return { unreadable: 'its result has no metrics' };
    return { result: result as StoredComparison };
  },
  summary: ({ baseline, data }) => ({ baseline: baseline.ref, data: data.digest }),
};

/** An evaluation as `show` lists it. */
export interface EvaluationRecord {
  id: string;
  /** When it was saved, epoch milliseconds. */
  at: number;
  fingerprint: string;
  result: StoredEvaluation;
}

/** Those that can be read: a newer mlreg may have stored others. */
export function evaluationRecords(
  measurements: readonly Measurement<StoredEvaluation>[],
): EvaluationRecord[] {
  return measurements.flatMap(({ id, at, fingerprint, result }) =>
    result === undefined ? [] : [{ id, at, fingerprint, result }],
  );
}

/** The metrics that say most in one line, those that are defined. */
export function leadMetrics(metrics: StoredEvaluation['metrics']): [name: string, value: number][] {
  const names = ['accuracy', 'f1_macro', 'roc_auc', 'rmse', 'mae', 'r2'];
  return names.flatMap((name): [string, number][] => {
    const value = metrics[name];
    return typeof value === 'number' ? [[name, value]] : [];
  });
}

/** `test.csv` with the start of its digest, escaped; stdin has no name. */
export function dataName({ data: { file, digest } }: Pick<StoredEvaluation, 'data'>): string {
  const short = escapeText(digest.slice(0, 19));
  return typeof file === 'string' ? `${escapeText(file)} ${short}` : short;
}

/** What the event says of the metrics, so that history can show it. */
function headline(metrics: StoredEvaluation['metrics']): Record<string, unknown> {
  return { metrics: Object.fromEntries(leadMetrics(metrics)) };
}

/**
 * A metric by the name that a gate uses: `accuracy`, or `roc_auc_by_class.LABEL` for one class;
 * undefined: there is no such metric.
 */
export function metricOf(metrics: StoredEvaluation['metrics'], name: string): number | null | undefined {
  const own = Object.hasOwn(metrics, name) ? metrics[name] : undefined;
  if (typeof own === 'number' || own === null) return own;
  const dot = name.indexOf('.');
  if (dot === -1) return undefined;
  const group = Object.hasOwn(metrics, name.slice(0, dot)) ? metrics[name.slice(0, dot)] : undefined;
  const label = name.slice(dot + 1);
  return isObject(group) && Object.hasOwn(group, label) ? group[label] : undefined;
}

function isEvaluatedData(value: unknown): value is EvaluatedData {
  const { digest, target } = asObject(value);
  return typeof digest === 'string' && typeof target === 'string';
}

function isComparedMetric(value: unknown): value is ComparedMetric {
  const { name, baseline, candidate, delta, low, high, p } = asObject(value);
  return typeof name === 'string' && [baseline, candidate, delta, low, high, p].every(Number.isFinite);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function asObject(value: unknown): Record<string, unknown> {
  return isObject(value) ? value : {};
}
