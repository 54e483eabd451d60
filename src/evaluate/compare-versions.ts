import { MlregError } from '../core/errors.ts';
import { directionOf } from '../core/measurements/evaluation-metrics.ts';
import { formatReference, type Reference } from '../core/versions/reference.ts';
import type { VersionRecord } from '../core/versions/version-record.ts';
import { type Collected, collectPredictions } from '../predict/collect.ts';
import { withoutRejectedOf } from '../predict/collected-rows.ts';
import { checkRejects } from '../predict/max-rejects.ts';
import { type RejectFile, type RejectOptions, withRejects } from '../predict/reject-file.ts';
import { refuseLostHistory, type Registry } from '../registry/registry.ts';
import { resolve } from '../registry/resolve.ts';
import type { ComparisonReport, CompareOnDataResult } from './evaluation.ts';
import { dataOf, dataOptions, type DataOptions } from './evaluate-version.ts';
import { classificationMetrics } from './metrics/classification.ts';
import type { ClassifiedRows } from './metrics/classified-rows.ts';
import { inLabelOrder } from './outputs/class-names.ts';
import { compareClassification } from './paired/compare-classification.ts';
import { compareRegression } from './paired/compare-regression.ts';
import type { PairedTests } from './paired/paired-test.ts';
import { saveComparison } from './save.ts';
import { scoreRows, type Scored, type ScoreOptions } from './score.ts';

export interface CompareOnDataInput extends DataOptions, ScoreOptions, RejectOptions {
  baseline: Reference;
  candidate: Reference;
  /** Of the resamples. */
  seed: number;
  save: boolean;
}

/** Below this, a difference is told. */
const level = 0.05;

/**
 * Predicts the same rows with two versions, and tests whether they differ. Rejects as
 * `collectPredictions`, INVALID_INPUT if the two cannot be compared, and CONFLICT if the table
 * changed between the two.
 */
export async function compareOnData(
  registry: Registry,
  input: CompareOnDataInput,
): Promise<CompareOnDataResult> {
  if (input.table.path === null) throw readOnce();
  return withRejects(registry, input, (rejects) => compareWith(registry, input, rejects));
}

async function compareWith(
  registry: Registry,
  { baseline, candidate, save, ...input }: CompareOnDataInput,
  rejects: RejectFile,
): Promise<CompareOnDataResult> {
  if (save) await refuseLostHistory(registry);
  // So that both are found before one of them is run.
  const [first, second] = [await resolve(registry, baseline), await resolve(registry, candidate)];
  const options = await dataOptions(input, input.target);
  const predict = (side: Reference, known?: Int32Array): Promise<Collected> =>
    collectPredictions(registry, {
      ...options,
      rejects: rejects.file ?? undefined,
      known,
      ref: side,
      cells: [{ column: input.target, flag: '--target' }],
    });
  const ofFirst = await predict(exactly(first));
  const ofSecond = await predict(exactly(second), ofFirst.rejectedAt);
  if (ofFirst.digest !== ofSecond.digest) throw changed(input.table.path ?? '');
  const before = { ...ofFirst, ...withoutRejectedOf(ofFirst, ofSecond) };
  const after = { ...ofSecond, ...withoutRejectedOf(ofSecond, ofFirst) };
  checkRejects(input.maxRejects ?? null, { ...before, ended: true });
  const scored = scoreRows(before, input);
  const other = scoreRows(after, { ...input, task: scored.task });
  const { tests, untested } = await pairedTests(scored, other, input.seed);
  const report: ComparisonReport = {
    task: scored.task,
    data: dataOf(before, scored, input),
    rows: scored.metrics.rows,
    baseline: sideOf(before.record),
    candidate: sideOf(after.record),
    metrics: tests.map((test) => {
      const direction = directionOf(test.name);
      const gain = direction === 'higher' ? test.delta : -test.delta;
      const told = test.p < level && gain !== 0;
      return { ...test, direction, better: told ? (gain > 0 ? 'candidate' : 'baseline') : null };
    }),
    untested,
    seed: input.seed,
  };
  await rejects.finish();
  const saved = save ? await saveComparison(registry, after.record, { ...report }) : null;
  const warnings = [...before.warnings, ...after.warnings, ...scored.warnings, ...other.warnings];
  return { ...report, rejects: input.reject ?? null, saved, warnings: [...new Set(warnings)] };
}

function exactly({ name, version }: VersionRecord): Reference {
  return { name, selector: { kind: 'version', version } };
}

function sideOf({ name, version, artifact }: VersionRecord): { ref: string; digest: string } {
  return { ref: formatReference(name, version), digest: artifact.digest };
}

async function pairedTests(first: Scored, second: Scored, seed: number): Promise<PairedTests> {
  if (first.task === 'regression' && second.task === 'regression')
    return compareRegression(
      { rows: first.rows, metrics: first.metrics.metrics },
      { rows: second.rows, metrics: second.metrics.metrics },
      { seed },
    );
  if (first.task === 'regression' || second.task === 'regression')
    throw new MlregError('INVALID_INPUT', 'one version gives classes, the other one numbers', {
      hint: 'name the task: --task classification or --task regression',
    });
  if (first.style !== second.style)
    throw new MlregError(
      'INVALID_INPUT',
      `one version has labels of the kind ${first.style}, the other one ${second.style}`,
      { hint: 'name the outputs to compare: --label-output, --probability-output' },
    );
  const labels = inLabelOrder([...first.rows.labels, ...second.rows.labels]);
  const [one, other] = [relabelled(first, labels), relabelled(second, labels)];
  return compareClassification(one, other, { seed });
}

/** The same rows with the labels of both versions, which the tests need. */
function relabelled(
  { rows, metrics }: Extract<Scored, { task: 'classification' }>,
  labels: readonly string[],
): { rows: ClassifiedRows; metrics: Record<string, number | null | Record<string, number | null>> } {
  if (labels.length === rows.labels.length) return { rows, metrics: metrics.metrics };
  const places = Int32Array.from(rows.labels, (label) => labels.indexOf(label));
  const moved = (codes: Int32Array): Int32Array => codes.map((code) => places[code] ?? 0);
  const own = {
    labels,
    target: moved(rows.target),
    predicted: moved(rows.predicted),
    probabilities: rows.probabilities && {
      classes: moved(rows.probabilities.classes),
      values: rows.probabilities.values,
    },
  };
  return { rows: own, metrics: classificationMetrics(own).metrics };
}

function readOnce(): MlregError {
  return new MlregError('USAGE', 'standard input can be read once only, and two versions need the rows', {
    hint: 'save it to a file, and pass --data FILE',
  });
}

function changed(path: string): MlregError {
  return new MlregError('CONFLICT', `${path} changed while it was read`, {
    hint: 'compare again when nothing writes to the file',
  });
}
