import { describeAmendment } from '../../core/versions/amendments.ts';
import type { CompareResult, ComparedVersion } from '../../registry/inspect/compare.ts';
import { metricRow, numberRow, ownRow, textRow, type Row } from './compare-rows.ts';
import { bytes, counted, latency, perSecond, shortHash } from '../format.ts';

/** One table of a comparison: a row for each thing compared, a column for each version. */
export interface Section {
  /** The heading of the first column. */
  title: string;
  /** Whether its values are numbers, which are right-aligned. */
  numeric: boolean;
  rows: Row[];
  /** Sentences of our own, without a full stop. */
  notes: string[];
  /** Notes that contain users' text. */
  quotes: string[];
}

const mostFiles = 20;

/** Version numbers if all are of one model, else references. */
export function titlesOf(versions: ComparedVersion[]): string[] {
  const oneModel = versions.every(({ name }) => name === versions[0]?.name);
  return versions.map(({ version, ref }) => (oneModel ? version : ref));
}

/** The tables for people, without empty ones. Equal rows are omitted unless `all`. */
export function compareSections(result: CompareResult, all: boolean): Section[] {
  const data = differing(result.data, all).map(({ name, hashes }) =>
    textRow(
      name,
      hashes.map((hash) => (hash === undefined ? undefined : shortHash(hash))),
    ),
  );
  return [
    section('metric', true, result.metrics.map(metricRow), [], amendmentTexts(result)),
    section('param', false, valueRows(result.params, all)),
    section('tag', false, valueRows(result.tags, all)),
    section('data', false, data),
    graphSection(result, all),
    filesSection(result, all),
    benchSection(result),
  ].filter(({ rows, notes, quotes }) => rows.length + notes.length + quotes.length > 0);
}

/** A summary of the omitted rows, such as `3 params`. */
export function leftOut({ params, tags, data, graph, files, versions }: CompareResult): string[] {
  const operators = graph?.same === true ? [] : (graph?.operators ?? []);
  const same = (rows: { same: boolean | null }[]): number => rows.filter((row) => row.same === true).length;
  const counts: [count: number, one: string][] = [
    [same(params), 'param'],
    [same(tags), 'tag'],
    [same(data), 'data set'],
    [same(operators), 'operator'],
    [ofOneArtifact(versions) ? 0 : files.same, 'file'],
  ];
  return counts.flatMap(([count, one]) => (count === 0 ? [] : [counted(count, one)]));
}

/** `auc of digits@1.0.0: amended by eve in event 5, registered as 0.5` */
function amendmentTexts({ amendments }: CompareResult): string[] {
  return amendments.map((one) => `${one.metric} of ${one.ref}: ${describeAmendment(one)}`);
}

function section(
  title: string,
  numeric: boolean,
  rows: Row[],
  notes: string[] = [],
  quotes: string[] = [],
): Section {
  return { title, numeric, rows, notes, quotes };
}

function differing<One extends { same: boolean | null }>(rows: One[], all: boolean): One[] {
  return all ? rows : rows.filter(({ same }) => same !== true);
}

function valueRows(compared: CompareResult['params'], all: boolean): Row[] {
  return differing(compared, all).map(({ name, values }) =>
    textRow(
      name,
      values.map((value) => (value === undefined ? undefined : value === '' ? '""' : String(value))),
    ),
  );
}

function graphSection({ graph, versions }: CompareResult, all: boolean): Section {
  if (graph === null || (!all && ofOneArtifact(versions))) return section('graph', true, []);
  const count = (value: number | undefined): string | undefined => value?.toLocaleString('en');
  const opsets = graph.opsets.map((opset) =>
    opset?.map(({ domain, version }) => `${domain} ${version}`).join(', '),
  );
  const facts = [
    ownRow('nodes', graph.nodes.map(count)),
    ownRow('parameters', graph.parameters.map(count)),
    { ...textRow('opset', opsets), others: { name: false, sides: true } },
  ];
  const operators = differing(graph.operators, all).map(({ name, counts }): Row => ({
    ...ownRow(name, counts.map(count)),
    others: { name: true, sides: false },
  }));
  // If one version is not an ONNX model, every fact of a graph is a difference.
  const rows = [...(all || graph.same === null ? facts : facts.filter(differs)), ...operators];
  if (graph.same === true) return section('graph', true, all ? rows : [], ['same graph (ignoring weights)']);
  const hidden = graph.same === false && rows.length === 0;
  return section('graph', true, rows, hidden ? ['the graphs differ in attributes or connections'] : []);
}

function ofOneArtifact(versions: ComparedVersion[]): boolean {
  return versions.every(({ digest }) => digest === versions[0]?.digest);
}

function filesSection({ files, versions }: CompareResult, all: boolean): Section {
  if (ofOneArtifact(versions)) return section('file', true, [], ['identical files']);
  const rows = files.changes.slice(0, mostFiles).map(({ path, change, files: each }): Row => {
    const sizes = each.map((file) => (file === undefined ? undefined : bytes(file.size)));
    return {
      ...ownRow(path, sizes),
      change: versions.length === 2 ? change : '',
      others: { name: true, sides: false },
    };
  });
  const more = files.changes.length - rows.length;
  const notes = [
    ...(more > 0
      ? [
          `${counted(more, 'more file differs', 'more files differ')} (--json lists ${more === 1 ? 'it' : 'them'})`,
        ]
      : []),
    ...(all && files.same > 0 ? [`identical files: ${files.same}`] : []),
  ];
  return section('file', true, rows, notes);
}

function benchSection({ benches }: CompareResult): Section {
  const { runs, figures, comparable, reason } = benches;
  if (runs.every((run) => run === null)) return section('latency', true, []);
  const shown = { p50Ms: latency, p95Ms: latency, throughputPerSec: perSecond };
  const titles = { p50Ms: 'p50', p95Ms: 'p95', throughputPerSec: 'runs/s' };
  const rows = figures.map((figure) => numberRow(titles[figure.name], figure, shown[figure.name]));
  // The reason that they cannot be compared.
  const shapes = runs.map((run) => (run === null ? undefined : `${shapesOf(run.shapes)} (${run.source})`));
  const conditions = [
    textRow(
      'measured on',
      runs.map((run) => run?.fingerprint),
    ),
    textRow('inputs', shapes),
  ].filter((row) => !comparable && differs(row));
  const note = comparable
    ? 'measured in separate runs: a few percent may be noise; differences are marked where the 95% intervals do not overlap'
    : `not compared: ${reason ?? ''}`;
  return section('latency', true, [...rows, ...conditions], [note]);
}

function shapesOf(shapes: Record<string, number[]>): string {
  return Object.entries(shapes)
    .map(([name, shape]) => `${name}[${shape.join(',')}]`)
    .join(' ');
}

/** Whether two versions have different values; missing values do not count. */
function differs({ sides }: Row): boolean {
  return new Set(sides.flatMap(({ text }) => (text === undefined ? [] : [text]))).size > 1;
}
