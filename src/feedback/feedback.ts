import { basename } from 'node:path';
import { MlregError } from '../core/errors.ts';
import { evaluationKind, type EvaluationTask } from '../core/measurements/evaluation.ts';
import { canonicalJson } from '../core/json/canonical.ts';
import { counted, decimal } from '../core/text/numbers.ts';
import { quote } from '../core/text/quote.ts';
import { digestOf, type Digest } from '../core/versions/artifact.ts';
import { formatReference, type Reference } from '../core/versions/reference.ts';
import type { VersionRecord } from '../core/versions/version-record.ts';
import { tableKindOf } from '../data/table-format.ts';
import { classesOf } from '../evaluate/evaluate-version.ts';
import type { EvaluationReport } from '../evaluate/evaluation.ts';
import { saveEvaluation } from '../evaluate/save.ts';
import { intervalsOf, scoreRows } from '../evaluate/score.ts';
import { openInput } from '../files/open-input.ts';
import type { CollectedRows } from '../predict/collected-rows.ts';
import type { TableInput } from '../predict/run-table.ts';
import { localFolder, refuseLostHistory, type Registry } from '../registry/registry.ts';
import { resolve } from '../registry/resolve.ts';
import type { FeedbackEvaluation, FeedbackResult } from './feedback-result.ts';
import { collectLabels, type Joined, type JoinedRow, joinLabels, type Labels } from './join-labels.ts';
import { type LabelColumns, readLabels } from './read-labels.ts';

export interface FeedbackInput {
  ref: Reference;
  labels: TableInput;
  /** Names of the columns; `at`: null for labels without times. */
  key: string;
  label: string;
  at: string | null;
  /** Null: by the predictions and labels. */
  task: EvaluationTask | null;
  /** The name of the data set that evaluations are stored under; null: none. */
  as: string | null;
}

/**
 * Evaluates kept predictions by labels that came later, and stores the evaluations with the version:
 * one a day with times, else one. The same labels give the same evaluations, which are stored once.
 * Rejects NOT_FOUND without the version, the file, or any prediction for the keys; INVALID_INPUT for a
 * malformed file.
 */
export async function feedback(registry: Registry, input: FeedbackInput): Promise<FeedbackResult> {
  const { key, label, at } = input;
  await refuseLostHistory(registry);
  const record = await resolve(registry, input.ref);
  const { name, version, artifact } = record;
  const ref = formatReference(name, version);
  const store = await localFolder(registry, 'feedback').predictions();
  const { labels, add } = collectLabels(at !== null);
  const columns = [
    { name: key, flag: '--key' },
    { name: label, flag: '--label' },
    ...(at === null ? [] : [{ name: at, flag: '--at' }]),
  ];
  const digest = await readFile(registry, input.labels, columns, add);
  const joined = await joinLabels(store, { model: name, version, now: registry.now() }, labels);
  if (joined.rows.length === 0) throw noMatch(ref, labels, joined);
  const file = input.labels.path === null ? null : basename(input.labels.path);
  const task = input.task ?? taskOf(joined.rows);
  const evaluations: FeedbackEvaluation[] = [];
  const warnings = warningsOf(joined, labels, ref);
  for (const [day, rows] of byDay(joined.rows, at !== null)) {
    const { report, warnings: odd } = evaluate(rows, { task, digest, file, label, day, as: input.as });
    warnings.push(...odd);
    evaluations.push(await storeOnce(registry, record, report));
  }
  const { byKey: _byKey, rows, ...counts } = labels;
  const { rows: matched, ...found } = joined;
  return {
    ref,
    name,
    version,
    digest: artifact.digest,
    labels: { file, digest, rows },
    key,
    label,
    matched: matched.length,
    ...found,
    ...counts,
    evaluations,
    warnings: [...new Set(warnings)],
  };
}

async function readFile(
  { signal }: Registry,
  { path, kind, kindFlag }: TableInput,
  columns: LabelColumns,
  onRow: (cells: readonly string[]) => void,
): Promise<Digest> {
  const known =
    kind ?? (path === null ? ({ format: 'csv', compression: 'none' } as const) : tableKindOf(path, kindFlag));
  const input = path === null ? null : await openInput(path, signal);
  try {
    const what = path === null ? 'stdin' : basename(path);
    const file = { descriptor: input?.handle.fd ?? 0, what, kind: known, flag: kindFlag };
    return digestOf(await readLabels(file, columns, onRow));
  } finally {
    await input?.handle.close();
  }
}

/** Numbers with fractions are estimates of numbers; all else are classes. */
function taskOf(rows: readonly JoinedRow[]): EvaluationTask {
  const texts = rows.flatMap(({ prediction, label }) => [prediction, label]);
  const isNumber = texts.every((text) => decimal.test(text.trim()));
  return isNumber && texts.some((text) => !Number.isInteger(Number(text))) ? 'regression' : 'classification';
}

const dayMs = 24 * 3600e3;

/** The rows of each day in UTC, in order; without times, all of them. */
function byDay(rows: readonly JoinedRow[], withTime: boolean): [day: number | null, rows: JoinedRow[]][] {
  if (!withTime) return [[null, [...rows]]];
  const days = new Map<number, JoinedRow[]>();
  for (const row of rows) {
    const day = Math.floor((row.at ?? 0) / dayMs) * dayMs;
    const own = days.get(day) ?? [];
    own.push(row);
    days.set(day, own);
  }
  return [...days].sort(([one], [other]) => one - other);
}

interface About {
  task: EvaluationTask;
  digest: Digest;
  file: string | null;
  label: string;
  day: number | null;
  as: string | null;
}

function evaluate(
  rows: readonly JoinedRow[],
  { task, digest, file, label, day, as }: About,
): { report: EvaluationReport; warnings: string[] } {
  const values = [...new Set(rows.map((row) => row.label))];
  const places = new Map(values.map((value, at) => [value, at]));
  const codes = Int32Array.from(rows, (row) => places.get(row.label) ?? 0);
  const predictions = rows.map(({ prediction }) => prediction);
  const collected: CollectedRows = {
    rows: rows.length,
    digest,
    header: [label],
    cells: new Map([[label, { codes, values }]]),
    outputs: [
      task === 'regression'
        ? { name: 'prediction', dtype: 'float64', width: 1, data: Float64Array.from(predictions, Number) }
        : { name: 'prediction', dtype: 'string', width: 1, data: predictions },
    ],
    rejected: 0,
    rejectedAt: new Int32Array(0),
  };
  const scored = scoreRows(collected, { target: label, task, named: {}, classes: null, positive: null });
  const report: EvaluationReport = {
    task,
    data: { file, digest, target: label, rows: rows.length, missingTarget: 0, rejected: 0 },
    as,
    asOf: day === null ? null : new Date(day).toISOString(),
    rows: scored.metrics.rows,
    outputs: scored.outputs,
    metrics: scored.metrics.metrics,
    undefinedMetrics: scored.metrics.undefinedMetrics,
    intervals: intervalsOf(scored, 0),
    ...classesOf(scored),
    slices: [],
    importance: null,
  };
  return { report, warnings: scored.warnings };
}

/** How many of the latest evaluations are compared with a new one. */
const mostCompared = 1000;

async function storeOnce(
  registry: Registry,
  record: VersionRecord,
  report: EvaluationReport,
): Promise<FeedbackEvaluation> {
  const { name: model, version } = record;
  const { asOf, task, rows, metrics } = report;
  const known = await registry.metadata.measurements(evaluationKind, { model, version, limit: mostCompared });
  const text = canonicalJson({ ...report });
  const before = known.rows.find(({ result }) => result !== undefined && canonicalJson(result) === text);
  const id = before?.id ?? (await saveEvaluation(registry, record, report)).id;
  return { asOf, task, rows, metrics, id, changed: before === undefined };
}

function warningsOf(joined: Joined, labels: Labels, ref: string): string[] {
  const { unknown, unknownKeys, otherVersions, late } = joined;
  const { duplicates, contradicting, withoutKey, withoutLabel, withoutTime } = labels;
  const said: [count: number, what: string][] = [
    [unknown, `without a kept prediction, such as ${unknownKeys.map((key) => quote(key)).join(', ')}`],
    [otherVersions, `of which only other versions than ${ref} have predictions`],
    [late, 'whose prediction was to be kept no longer: mlreg gc forgets it'],
  ];
  const rows: [count: number, what: string][] = [
    [duplicates, `with a key that comes again, ${contradicting} of them with another label: the last counts`],
    [withoutKey, 'without a key: left out'],
    [withoutLabel, 'without a label: left out'],
    [withoutTime, 'without a time of ISO 8601: left out'],
  ];
  return [
    ...said.flatMap(([count, what]) => (count > 0 ? [`${counted(count, 'key')} ${what}`] : [])),
    ...rows.flatMap(([count, what]) => (count > 0 ? [`${counted(count, 'row')} ${what}`] : [])),
  ];
}

function noMatch(ref: string, { byKey, rows }: Labels, { otherVersions }: Joined): MlregError {
  const keys = counted(byKey.size, 'key');
  const why =
    byKey.size === 0
      ? `the file has no label: ${counted(rows, 'row')}, none with a key, a label and a time`
      : otherVersions > 0
        ? `${ref} has no kept prediction for any of the ${keys}, but other versions have for ${otherVersions}`
        : `${ref} has no kept prediction for any of the ${keys}`;
  return new MlregError('NOT_FOUND', why, {
    hint: `keep predictions: mlreg predict ${ref} --input FILE --output FILE --keep --key COLUMN`,
  });
}
