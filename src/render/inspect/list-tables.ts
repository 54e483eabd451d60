import { shortDigest } from '../../core/versions/artifact.ts';
import { escapeText } from '../../core/text/quote.ts';
import type { StageName } from '../../core/versions/reference.ts';
import { keyMetrics } from '../../core/metadata/key-metrics.ts';
import type { ListedVersion, ModelList, VersionList } from '../../registry/inspect/list.ts';
import { bytes, columnNumber, relativeTime } from '../format.ts';
import { columnsThatFit, gap, table, tableWidth, type Heading } from '../table.ts';
import type { Style } from '../view.ts';

/** A column of a list. */
export interface Column {
  head: Heading;
  cells: string[];
  right?: true;
  /**
   * The order in which columns are dropped if there is too little room, 1 first; absent: never
   * dropped.
   */
  goes?: number | undefined;
}

/**
 * One column for each stage that a listed model has a holder for; a single column for all if there
 * is too little room.
 */
export function modelsTable(models: ModelList['models'], declared: StageName[], style: Style): string {
  const { color } = style;
  const held = declared.filter((stage) =>
    models.some(({ stages }) => stages.some((one) => one.stage === stage)),
  );
  const stages = held.map((stage): Column => ({
    head: escapeText(stage),
    cells: models.map((model) => {
      const version = model.stages.find((one) => one.stage === stage)?.version;
      return version === undefined ? '' : color.green(version);
    }),
  }));
  const name: Column = { head: 'model', cells: models.map((model) => color.bold(escapeText(model.name))) };
  const latest: Column = {
    head: 'latest',
    cells: models.map((model) => model.latest ?? color.dim('none')),
  };
  const versions: Column = {
    head: 'versions',
    cells: models.map((model) => String(model.versions)),
    right: true,
  };
  const apart = [name, latest, ...stages, versions];
  if (tableWidth(textOf(apart)) <= style.width) return drawDescribed(apart, models, style);
  const together: Column = {
    head: 'stages',
    cells: models.map((model) =>
      model.stages.map(({ stage, version }) => `${escapeText(stage)} ${version}`).join(', '),
    ),
  };
  return draw([name, latest, together, versions], style, [0, 2]);
}

/** With less room than this for it, the description is left out. */
const leastDescription = 16;

/** Adds the owners and the first lines of the descriptions, if there are any and room for them. */
function drawDescribed(columns: Column[], models: ModelList['models'], style: Style): string {
  const texts = (said: (model: ModelList['models'][number]) => string | null): string[] =>
    models.map((model) => escapeText(said(model) ?? ''));
  const owners: Column = { head: 'owner', cells: texts(({ owner }) => owner), goes: 1 };
  const descriptions: Column = {
    head: 'description',
    cells: texts(({ description }) => firstLine(description)),
  };
  const isSaid = ({ cells }: Column): boolean => cells.some((cell) => cell !== '');
  const owned = withRoom([...columns, ...(isSaid(owners) ? [owners] : [])], style.width);
  const room = style.width - tableWidth(textOf(owned)) - gap;
  if (!isSaid(descriptions) || room < leastDescription) return draw(owned, style, []);
  return draw([...owned, descriptions], style, [owned.length]);
}

function firstLine(text: string | null): string {
  const [first = '', ...more] = (text ?? '').trim().split(/\r\n|[\r\n]/);
  return more.length === 0 ? first : `${first} …`;
}

/** When the metrics are dropped if there is too little room: the most informative one stays. */
const metricsGo = [undefined, 4, 2, 1];

/**
 * One column for each stage whose holder is listed, with a mark at it, and one for each of the most
 * informative metrics.
 */
export function versionsTable(
  versions: ListedVersion[],
  holders: VersionList['holders'],
  style: Style,
): string {
  const { color } = style;
  const listed = new Set(versions.map(({ version }) => version));
  const stages = holders
    .filter(({ version }) => listed.has(version))
    .map(({ stage, version: holder }): Column => ({
      head: escapeText(stage),
      cells: versions.map(({ version }) => (version === holder ? color.green('●') : '')),
    }));
  const metrics = keyMetrics(versions.map((version) => version.metrics))
    .slice(0, metricsGo.length)
    .map((metric, index): Column => ({
      head: { name: escapeText(metric) },
      cells: metricCells(versions, metric, color.dim('–')),
      right: true,
      goes: metricsGo[index],
    }));
  const yanked: Column[] = versions.some((version) => version.yanked)
    ? [{ head: '', cells: versions.map((version) => (version.yanked ? color.red('yanked') : '')) }]
    : [];
  const columns: Column[] = [
    { head: 'version', cells: versions.map(({ version }) => color.bold(version)) },
    ...stages,
    ...metrics,
    { head: 'size', cells: versions.map(({ size }) => bytes(size)), right: true, goes: 5 },
    {
      head: 'registered',
      cells: versions.map(({ createdAt }) => relativeTime(createdAt, style.now)),
      goes: 6,
    },
    { head: 'digest', cells: versions.map(({ digest }) => color.dim(shortDigest(digest))), goes: 3 },
    ...yanked,
  ];
  const elsewhere = holders
    .filter(({ version }) => !listed.has(version))
    .map(({ stage, version }) => color.dim(`${escapeText(stage)} points at ${version} (not in this list)`));
  const flexible = [...stages, ...metrics].map((_, index) => index + 1);
  return [draw(withRoom(columns, style.width), style, flexible), ...elsewhere].join('\n');
}

function metricCells(versions: ListedVersion[], metric: string, missing: string): string[] {
  const values = versions.map(({ metrics }) =>
    Object.hasOwn(metrics, metric) ? metrics[metric] : undefined,
  );
  const shown = columnNumber(values.filter((value) => value !== undefined));
  return values.map((value) => (value === undefined ? missing : shown(value)));
}

/** Drops columns until the rest fit into the width. */
export function withRoom(columns: Column[], width: number): Column[] {
  const going = columns.flatMap(({ goes }, index) => (goes === undefined ? [] : [{ goes, index }]));
  const order = going.toSorted((a, b) => a.goes - b.goes).map(({ index }) => index);
  const kept = columnsThatFit(textOf(columns), width, [...columns.keys()], order);
  return kept.flatMap((index) => columns[index] ?? []);
}

/** Rows of text, headings first. */
function textOf(columns: Column[]): string[][] {
  const heads = columns.map(({ head }) => (typeof head === 'string' ? head : head.name));
  const rows = columns[0]?.cells.map((_, row) => columns.map(({ cells }) => cells[row] ?? '')) ?? [];
  return [heads, ...rows];
}

export function draw(columns: Column[], style: Style, flexible: number[]): string {
  return table(
    style,
    columns.map(({ head }) => head),
    textOf(columns).slice(1),
    columns.flatMap(({ right }, index) => (right === true ? [index] : [])),
    flexible,
  );
}
