import { shortDigest } from '../core/digest.ts';
import type { ComparedNumber } from '../core/metric-change.ts';
import type { Compared } from '../core/side-by-side.ts';
import type { CompareResult, ComparedVersion } from '../registry/compare.ts';
import { changeText, toneOf, type Tone } from './change.ts';
import { bytes, latency, number } from './format.ts';

/** What stands in one place of a comparison, not yet escaped; undefined where there is nothing. */
export interface Side {
  text: string | undefined;
  /** Against the first version. */
  tone: Tone;
}

export interface SectionRow {
  name: string;
  /** One for each version. */
  sides: Side[];
  /** What changed from the first to the last, where there are two. */
  change: string;
}

/** One table of a comparison: a row for each thing compared, a column for each version. */
export interface Section {
  /** What the rows are. */
  title: string;
  /** Numbers stand to the right. */
  numeric: boolean;
  rows: SectionRow[];
  notes: string[];
}

const mostFiles = 20;

/** Versions where all are of one model, else references. */
export function titlesOf(versions: ComparedVersion[]): string[] {
  const oneModel = versions.every(({ name }) => name === versions[0]?.name);
  return versions.map(({ version, ref }) => (oneModel ? version : ref));
}

/** The tables that people see; empty ones are left out, and of `all` only what differs unless it is wished for. */
export function compareSections(result: CompareResult, all: boolean): Section[] {
  return [
    section('metric', true, result.metrics.map(metricRow)),
    section('param', false, differing(result.params, all).map(valueRow)),
    section('tag', false, differing(result.tags, all).map(valueRow)),
    section(
      'data',
      false,
      differing(result.data, all).map(({ name, hashes }) => plainRow(name, hashes.map(shortHash))),
    ),
    graphSection(result, all),
    filesSection(result),
    benchSection(result),
  ].filter(({ rows, notes }) => rows.length > 0 || notes.length > 0);
}

/** What the sections leave out, such as `3 params`. */
export function leftOut({ params, tags, data, graph, files }: CompareResult): string[] {
  const counts: [count: number, one: string][] = [
    [params.filter(({ same }) => same).length, 'param'],
    [tags.filter(({ same }) => same).length, 'tag'],
    [data.filter(({ same }) => same === true).length, 'data set'],
    [graph?.same === true ? 0 : (graph?.operators.filter(({ same }) => same).length ?? 0), 'operator'],
    [files.same, 'file'],
  ];
  return counts.flatMap(([count, one]) => (count === 0 ? [] : [`${count} ${one}${count === 1 ? '' : 's'}`]));
}

function section(title: string, numeric: boolean, rows: SectionRow[], notes: string[] = []): Section {
  return { title, numeric, rows, notes };
}

function differing<Row extends { same: boolean | null }>(rows: Row[], all: boolean): Row[] {
  return all ? rows : rows.filter(({ same }) => same !== true);
}

function plainRow(name: string, texts: (string | undefined)[]): SectionRow {
  return { name, sides: texts.map((text) => ({ text, tone: 'plain' })), change: '' };
}

function valueRow({ name, values }: Compared<string | number | boolean | null>): SectionRow {
  const texts = values.map((value) =>
    value === undefined ? undefined : value === '' ? '""' : String(value),
  );
  return plainRow(name, texts);
}

function numberRow(
  name: string,
  { values, changes }: ComparedNumber,
  shown: (value: number) => string,
  shownChange: (value: number) => string = shown,
): SectionRow {
  const [change] = changes;
  return {
    name,
    sides: values.map((value, index) => {
      const against = changes[index - 1];
      return {
        text: value === undefined ? undefined : shown(value),
        tone: against === undefined ? 'plain' : toneOf(against),
      };
    }),
    change: changes.length === 1 && change !== undefined ? changeText(change, shownChange) : '',
  };
}

function metricRow(metric: ComparedNumber): SectionRow {
  return numberRow(metric.name, metric, number, (value) => number(value, 3));
}

/** The digest of a hash as it is known elsewhere; another text as it is. */
function shortHash(hash: string | undefined): string | undefined {
  return hash !== undefined && /^sha256:[0-9a-f]{64}$/.test(hash) ? shortDigest(hash) : hash;
}

function graphSection({ graph }: CompareResult, all: boolean): Section {
  if (graph === null) return section('graph', true, []);
  const count = (value: number | undefined): string | undefined => value?.toLocaleString('en');
  const opsets = graph.opsets.map((opset) =>
    opset?.map(({ domain, version }) => `${domain} ${version}`).join(', '),
  );
  const facts = [
    plainRow('nodes', graph.nodes.map(count)),
    plainRow('parameters', graph.parameters.map(count)),
    plainRow('opset', opsets),
  ].filter((row) => all || row.sides.some(({ text }) => text !== row.sides[0]?.text));
  const operators = differing(graph.operators, all).map(({ name, counts }) =>
    plainRow(name, counts.map(count)),
  );
  const rows = [...facts, ...operators];
  if (graph.same === true) return section('graph', true, all ? rows : [], ['the same graph']);
  const hidden = graph.same === false && rows.length === 0;
  return section(
    'graph',
    true,
    rows,
    hidden ? ['the graphs differ in attributes or in what feeds what'] : [],
  );
}

function filesSection({ files, versions }: CompareResult): Section {
  const rows = files.changes.slice(0, mostFiles).map(({ path, change, files: each }): SectionRow => ({
    ...plainRow(
      path,
      each.map((file) => (file === undefined ? undefined : bytes(file.size))),
    ),
    change: versions.length === 2 ? change : '',
  }));
  const more = files.changes.length - rows.length;
  return section('file', true, rows, more > 0 ? [`${more} more files differ (--json lists them)`] : []);
}

function benchSection({ benches }: CompareResult): Section {
  const { runs, figures, comparable, reason } = benches;
  if (runs.every((run) => run === null)) return section('latency', true, []);
  const [p50, p95, throughput] = figures;
  const rows = [
    ...(p50 === undefined ? [] : [numberRow('p50', p50, latency)]),
    ...(p95 === undefined ? [] : [numberRow('p95', p95, latency)]),
    ...(throughput === undefined ? [] : [numberRow('runs/s', throughput, perSecond)]),
    ...(comparable
      ? []
      : [
          plainRow(
            'fingerprint',
            runs.map((run) => run?.fingerprint),
          ),
        ]),
  ];
  const note = comparable
    ? 'measured in runs of their own: a few percent may be noise, and only intervals apart are marked'
    : `not compared: ${reason ?? ''}`;
  return section('latency', true, rows, [note]);
}

function perSecond(value: number): string {
  return value < 100 ? number(value, 3) : Math.round(value).toLocaleString('en');
}
