import { leadMetrics, type EvaluationRecord } from '../../core/measurements/evaluation.ts';
import { benchFigures } from '../../core/comparison/bench-figures.ts';
import { describeAmendment } from '../../core/versions/amendments.ts';
import { goldenSetsOf } from '../../core/versions/golden-sets.ts';
import { sourceFacts } from '../../core/versions/source.ts';
import type { ShowResult } from '../../registry/inspect/show.ts';
import { isoTime, valueInfo } from '../format.ts';
import { gateRow } from '../stages/gates-text.ts';

type Row = (string | number | null)[];

/**
 * Everything known about a version, for a pipe, without missing facts and without the files, which
 * `--files` lists; latencies in milliseconds.
 */
export function showRows(result: ShowResult): Row[] {
  const { ref, record, model, metadata, amendments, stages, gates, children } = result;
  const { artifact, onnx } = record;
  return [
    ['ref', ref],
    ['digest', artifact.digest],
    ['size', artifact.size],
    ['format', record.format],
    ['stages', stages.join(',')],
    ['yanked', record.yanked?.reason ?? ''],
    ['created', isoTime(record.createdAt)],
    ['actor', record.actor],
    ...(onnx?.signature.inputs ?? []).map((input) => ['input', valueInfo(input)]),
    ...(onnx?.signature.outputs ?? []).map((output) => ['output', valueInfo(output)]),
    ...Object.entries(metadata.metrics ?? {}).map(([key, value]) => ['metric', key, value]),
    ...amendments.map((amendment) => ['amended', amendment.metric, describeAmendment(amendment)]),
    ...Object.entries(metadata.params ?? {}).map(([key, value]) => ['param', key, String(value)]),
    ...Object.entries(record.tags).map(([key, value]) => ['tag', key, value]),
    ...(metadata.data ?? []).map(({ name, hash, uri }) => ['data', name, hash ?? '', uri ?? '']),
    ...gates.map(({ action, stage, ...gate }) => ['gate', action, stage, ...gateRow(gate)]),
    ...record.parents.map((parent) => ['parent', parent]),
    ...children.map((child) => ['child', child]),
    ...known('description', metadata.description),
    ...known('model-description', model.description),
    ...known('owner', model.owner),
    ...known('framework', metadata.framework),
    ...Object.entries(sourceFacts(record.source ?? {})).map(([key, value]) => ['source', key, String(value)]),
    ...known('run', metadata.run),
    ...known('previous', record.previous),
    ['bump', record.bump, record.bumpReason],
    ...known('entry', record.entry),
    ...goldenSetsOf(record).map(({ artifact, source, self }) => [
      'golden',
      artifact.digest,
      artifact.files.length,
      ...(source === 'registered' ? [] : [self ? 'self' : source]),
    ]),
    ...importRows(result),
    ...benchRows(result),
    ...evaluationRows(result.evaluations),
    ...profileRows(result),
  ];
}

function known(name: string, value: string | null | undefined): Row[] {
  return value === null || value === undefined ? [] : [[name, value]];
}

function importRows({ record: { imported } }: ShowResult): Row[] {
  return imported === null ? [] : [['imported', isoTime(imported.at), imported.actor, imported.registry]];
}

/** Id, time, status, fingerprint, p50, p95 and runs per second; the latest first. */
function benchRows({ benches }: ShowResult): Row[] {
  return benches.map((bench) => {
    const figures = benchFigures(bench);
    return [
      'bench',
      bench.id,
      isoTime(bench.at),
      bench.status,
      bench.fingerprint,
      figures?.p50?.value ?? null,
      figures?.p95?.value ?? null,
      figures?.throughputPerSec ?? null,
    ];
  });
}

/** Id, time, rows, columns and error. */
function profileRows({ profile }: ShowResult): Row[] {
  if (profile === null) return [];
  const { rows, columns, error } = profile.result;
  return [['profile', profile.id, isoTime(profile.at), rows, columns.length, error]];
}

/** Id, time, name of the data set, digest and rows of each, with its metrics as pairs. */
function evaluationRows(evaluations: readonly EvaluationRecord[]): Row[] {
  return evaluations.map(({ id, at, result }) => [
    'evaluation',
    id,
    isoTime(at),
    result.as ?? '',
    result.data.digest,
    result.rows,
    ...leadMetrics(result.metrics).map(([name, value]) => `${name}=${value}`),
  ]);
}
