import { sourceFacts } from '../../core/versions/source.ts';
import type { LoadResult } from '../../bench/report/result.ts';
import { benchFigures } from '../../core/comparison/bench-figures.ts';
import { describeAmendment } from '../../core/versions/amendments.ts';
import { escapeLines } from '../../core/text/quote.ts';
import { goldenSetsOf } from '../../core/versions/golden-sets.ts';
import { formatValueType } from '../../core/versions/signature-change.ts';
import type { ValueInfo } from '../../core/versions/signature.ts';
import type { ShowResult } from '../../registry/inspect/show.ts';
import { loadName, storedLoad } from '../bench/bench-load.ts';
import type { ImportanceReport } from '../../evaluate/evaluation.ts';
import { importanceMarkdown } from '../evaluate/evaluate-markdown.ts';
import { evaluationsMarkdown } from '../evaluate/saved-evaluations.ts';
import { bytes, counted, isoTime, latency } from '../format.ts';
import { gatesMarkdown } from '../stages/gates-text.ts';
import { lastGates } from '../stages/last-gates.ts';
import { code, markdownTable } from '../markdown.ts';

/**
 * A model card: everything known about a version, for a repository or a model's page. Sections
 * without facts are omitted.
 */
export function cardMarkdown(result: ShowResult): string {
  const { record, metadata } = result;
  return [
    `# ${code(record.name)} ${record.version}`,
    ...(metadata.description === undefined ? [] : [quoted(metadata.description)]),
    overview(result),
    ...section(
      'About the model',
      result.model.description === null ? null : quoted(result.model.description),
    ),
    ...section('Metrics', metrics(result)),
    ...section('Evaluations', evaluationsMarkdown(result.evaluations)),
    ...section('What it looks at', importance(result)),
    ...section('Latency', latencies(result)),
    ...section('Inputs and outputs', signature(result)),
    ...section('Training data', data(result)),
    ...section('Parameters', pairs('parameter', metadata.params ?? {})),
    ...section('Gates', gates(result)),
    ...section('Lineage', lineage(result)),
    ...section('Files', files(result)),
  ].join('\n\n');
}

/** The findings of the last promotion to each stage. */
function gates(result: ShowResult): string | null {
  const parts = lastGates(result.gates).map(
    ({ stage, at, action, gates: judged }) =>
      `${action === 'blocked' ? 'Blocked from' : 'Promoted to'} ${code(stage)} at ${isoTime(at)}:\n\n${gatesMarkdown(judged)}`,
  );
  return parts.length === 0 ? null : parts.join('\n\n');
}

function section(title: string, content: string | null): string[] {
  return content === null ? [] : [`## ${title}`, content];
}

/** Multi-line text as written, in a fence longer than any fence in it (CommonMark 4.5). */
function quoted(text: string): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}text\n${escapeLines(text)}\n${fence}`;
}

function overview({ record, model, metadata, stages, since }: ShowResult): string {
  const { artifact, source, yanked, onnx } = record;
  const sets = goldenSetsOf(record).map(
    (set) => `${code(set.artifact.digest)}${set.self ? ' (self-made)' : ''}`,
  );
  const rows: [string, string | undefined][] = [
    ['digest', code(artifact.digest)],
    ['stages', stages.map((stage) => `${code(stage)} since ${isoTime(since[stage] ?? 0)}`).join(', ')],
    ['yanked', yanked === null ? undefined : `**yes**: ${code(yanked.reason)}`],
    ['owner', model.owner === null ? undefined : code(model.owner)],
    ['registered', `${isoTime(record.createdAt)} by ${code(record.actor)}`],
    ['format', code(record.format)],
    ['framework', metadata.framework === undefined ? undefined : code(metadata.framework)],
    [
      'model',
      onnx === null
        ? undefined
        : `${counted(onnx.nodeCount, 'node')}, ${counted(onnx.parameterCount, 'parameter')}`,
    ],
    [sets.length > 1 ? 'golden sets' : 'golden set', sets.join(', ')],
    [
      'source',
      source === null
        ? undefined
        : Object.entries(sourceFacts(source))
            .map(([key, value]) => code(`${key}=${value}`))
            .join(' '),
    ],
    ['run', metadata.run === undefined ? undefined : code(metadata.run)],
    [
      'tags',
      Object.entries(record.tags)
        .map(([key, value]) => code(`${key}=${value}`))
        .join(' '),
    ],
  ];
  const known = rows.filter((row): row is [string, string] => row[1] !== undefined && row[1] !== '');
  return markdownTable(['', ''], known);
}

/** The importance of columns in the latest evaluation that measured it. */
function importance({ evaluations }: ShowResult): string | null {
  const reports = evaluations.map(
    ({ result }) => result['importance'] as ImportanceReport | null | undefined,
  );
  const found = reports.find((report) => Array.isArray(report?.columns) && report.columns.length > 0);
  return found ? importanceMarkdown(found) : null;
}

/** Has a column for who changed a metric later, if anyone did. */
function metrics({ metadata, amendments }: ShowResult): string | null {
  if (amendments.length === 0) return pairs('metric', metadata.metrics ?? {});
  const said = new Map(amendments.map((one) => [one.metric, code(describeAmendment(one))]));
  const rows = Object.entries(metadata.metrics ?? {}).map(([name, value]) => [
    code(name),
    code(String(value)),
    said.get(name) ?? '',
  ]);
  return markdownTable(['metric', 'value', 'since registration'], rows);
}

function pairs(what: string, values: Record<string, unknown>): string | null {
  const rows = Object.entries(values).map(([name, value]) => [code(name), code(String(value))]);
  return rows.length === 0 ? null : markdownTable([what, 'value'], rows);
}

function underLoad(open: LoadResult | null): string[] {
  if (open === null) return [];
  return [code(`${loadName(open)}${open.saturated ? ', saturated' : ''}`)];
}

function latencies({ benches }: ShowResult): string | null {
  const rows = benches.flatMap((bench) => {
    const figures = benchFigures(bench);
    if (figures === null) return [];
    const shapes = Object.entries(figures.shapes).map(([name, shape]) => code(`${name}[${shape.join(',')}]`));
    const value = (figure: { value: number } | null): string =>
      figure === null ? '–' : latency(figure.value);
    return [
      [
        isoTime(figures.at),
        [
          ...shapes,
          ...(figures.source === 'synthetic' ? [] : [code(figures.source)]),
          ...underLoad(storedLoad(bench.result)),
        ].join(' '),
        value(figures.p50),
        value(figures.p95),
        String(figures.runs),
        code(figures.fingerprint),
      ],
    ];
  });
  if (rows.length === 0) return null;
  return markdownTable(['measured', 'inputs', 'p50', 'p95', 'runs', 'machine'], rows.slice(0, 5), [2, 3, 4]);
}

function signature({ record }: ShowResult): string | null {
  const model = record.onnx?.signature;
  if (model === undefined) return null;
  const rows = (side: string, values: ValueInfo[]): string[][] =>
    values.map((value) => [
      side,
      code(value.name),
      code(formatValueType(value)),
      value.hasDefault === true ? 'optional' : '',
    ]);
  return markdownTable(
    ['', 'name', 'type', ''],
    [...rows('input', model.inputs), ...rows('output', model.outputs)],
  );
}

function data({ metadata }: ShowResult): string | null {
  const rows = (metadata.data ?? []).map(({ name, hash, uri, size }) => [
    code(name),
    hash === undefined ? '' : code(hash),
    uri === undefined ? '' : code(uri),
    size === undefined ? '' : bytes(size),
  ]);
  return rows.length === 0 ? null : markdownTable(['data', 'hash', 'place', 'size'], rows, [3]);
}

function lineage({ record, children }: ShowResult): string | null {
  const lines = [
    ...(record.previous === null
      ? []
      : [`- previous version: ${code(record.previous)} (${record.bump}: ${code(record.bumpReason)})`]),
    ...record.parents.map((parent) => `- derived from ${code(parent)}`),
    ...children.map((child) => `- ${code(child)} is derived from it`),
  ];
  return lines.length === 0 ? null : lines.join('\n');
}

function files({ record }: ShowResult): string {
  const rows = record.artifact.files.map(({ path, size, digest }) => [code(path), bytes(size), code(digest)]);
  return markdownTable(['file', 'size', 'sha256'], rows, [1]);
}
