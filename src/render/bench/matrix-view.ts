import type { Json } from '../../api/verb.ts';
import type { benchMatrixVerb } from '../../api/verbs/run/bench.ts';
import { describeSetting, dimensionsIn, isDimension, type Setting } from '../../bench/plan/matrix-axes.ts';
import type { MatrixBest, MatrixCell, MatrixResult } from '../../bench/report/matrix-result.ts';
import type { GateVerdict } from '../../core/events/gate-result.ts';
import { escapeText } from '../../core/text/quote.ts';
import { counted, latency, perSecond } from '../format.ts';
import { code, markdownTable } from '../markdown.ts';
import { table, type Heading } from '../table.ts';
import { viewOf, type Style } from '../view.ts';

type MatrixJson = Json<typeof benchMatrixVerb>['matrix'];

export const matrixView = viewOf<MatrixResult, Json<typeof benchMatrixVerb>>()({
  json: ({ subject, axes, seed, cells, best }) => ({
    subject,
    matrix: { axes, seed, cells: cells.map(cellJson), best: best.map((each) => bestJson(each, cells)) },
  }),
  text: (result, style) =>
    [
      headline(result, style),
      '',
      indent(
        table(
          style,
          ['', ...columns(result)],
          result.cells.map((cell, at) => [mark(result, at, style), ...row(result, cell, style)]),
          numbersIn(result).map((column) => column + 1),
        ),
      ),
      '',
      ...bestLines(result).map((line) => `  ${line}`),
      `  ${style.color.dim(howMeasured(result))}`,
    ].join('\n'),
  plain: ({ subject, cells, best }) => [
    ['ref', subject.ref],
    ...cells.map((cell) => [
      'cell',
      describeSetting(cell.setting),
      cell.status,
      cell.verdict,
      cell.p50?.value ?? null,
      cell.p95?.value ?? null,
      cell.throughput?.value ?? null,
      cell.items?.value ?? null,
      cell.id,
    ]),
    ...best.map(({ cell, by, value, clear }) => [
      'best',
      describeSetting(cells[cell]?.setting ?? []),
      by,
      value,
      clear ? 'clear' : 'unclear',
    ]),
  ],
  quiet: ({ subject }) => [subject.ref],
  markdown: (result) =>
    [
      `### Settings of ${code(result.subject.ref)}`,
      markdownTable(
        [
          '',
          ...columns(result).map((heading) => (typeof heading === 'string' ? heading : code(heading.name))),
        ],
        result.cells.map((cell, at) => [isBest(result, at) ? '**best**' : '', ...row(result, cell)]),
        numbersIn(result).map((column) => column + 1),
      ),
      [...bestLines(result, code), howMeasured(result)].map((line) => `- ${line}`).join('\n'),
    ].join('\n\n'),
  outputs: ({ subject, cells, best }) => ({ ...subject, verdict: verdictOf(cells, best) }),
});

/**
 * The verdict on the grid, as in its exit code: `pass` if at least one setting meets the limits.
 */
function verdictOf(cells: readonly MatrixCell[], best: readonly MatrixBest[]): GateVerdict | null {
  if (best.length === 0)
    return cells.some(({ verdict }) => verdict === 'inconclusive') ? 'inconclusive' : 'fail';
  return cells.some(({ verdict }) => verdict !== null) ? 'pass' : null;
}

function cellJson({ setting, throughput, items, ...cell }: MatrixCell): MatrixJson['cells'][number] {
  const { id, order, threads, batch, status, message, p50, p95, p99, runs, peakRssMb, verdict, gates } = cell;
  return {
    id,
    threads,
    batch,
    dimensions: sizes(setting),
    order,
    status,
    message,
    runs,
    p50,
    p95,
    p99,
    throughputPerSec: throughput?.value ?? null,
    throughputLow: throughput?.low ?? null,
    throughputHigh: throughput?.high ?? null,
    itemsPerSec: items?.value ?? null,
    peakRssMb,
    verdict,
    gates,
  };
}

function bestJson(
  { cell, dimensions, by, value, clear, rivals }: MatrixBest,
  cells: readonly MatrixCell[],
): MatrixJson['best'][number] {
  return { cell, id: cells[cell]?.id ?? null, dimensions: sizes(dimensions), by, value, clear, rivals };
}

function sizes(setting: Setting): Record<string, number> {
  return Object.fromEntries(dimensionsIn(setting));
}

function headline({ subject, best, cells }: MatrixResult, { color }: Style): string {
  const ref = color.bold(subject.ref);
  if (best.length > 0) return `${color.green('✓')} ${ref}: measured ${counted(cells.length, 'setting')}`;
  return `${color.red('✗')} ${ref}: 0 of ${counted(cells.length, 'setting')} passed`;
}

function columns({ axes, cells }: MatrixResult): Heading[] {
  return [
    ...axes.map(({ name }): Heading => (isDimension(name) ? { name: escapeText(name) } : name)),
    'p50',
    'p95',
    'runs/s',
    'items/s',
    ...lastColumn(cells),
  ];
}

/** Without limits there are no verdicts, but failures are still marked. */
function lastColumn(cells: readonly MatrixCell[]): string[] {
  if (cells.some(({ verdict }) => verdict !== null)) return ['verdict'];
  return cells.some(({ status }) => status !== 'ok') ? ['status'] : [];
}

function numbersIn({ axes }: MatrixResult): number[] {
  return Array.from({ length: axes.length + 4 }, (_, column) => column);
}

function row(result: MatrixResult, cell: MatrixCell, style?: Style): string[] {
  const { setting, p50, p95, throughput, items } = cell;
  return [
    ...setting.map(([, value]) => value.toLocaleString('en')),
    p50 === null ? '–' : latency(p50.value),
    p95 === null ? '–' : latency(p95.value),
    throughput === null ? '–' : perSecond(throughput.value),
    items === null ? '–' : perSecond(items.value),
    ...lastColumn(result.cells).map(() => outcome(cell, style)),
  ];
}

function outcome({ status, verdict }: MatrixCell, style?: Style): string {
  const word = status === 'ok' ? (verdict ?? status) : status;
  if (style === undefined) return word;
  const { color } = style;
  if (word === 'pass' || word === 'ok') return color.green(word);
  return word === 'inconclusive' ? color.yellow(word) : color.red(word);
}

function isBest({ best }: MatrixResult, at: number): boolean {
  return best.some(({ cell }) => cell === at);
}

function mark(result: MatrixResult, at: number, { color }: Style): string {
  if (isBest(result, at)) return color.green('★');
  return result.best.some(({ rivals }) => rivals.includes(at)) ? color.dim('☆') : '';
}

const mostRivals = 3;

/** The best settings, and how certain that is; why settings could not be measured. */
function bestLines({ best, cells }: MatrixResult, shown: (text: string) => string = escapeText): string[] {
  const name = (at: number): string => shown(describeSetting(cells[at]?.setting ?? []));
  const lines = best.map(({ cell, by, value, clear, rivals }) => {
    const rate = `${perSecond(value)} ${by === 'itemsPerSec' ? 'items' : 'runs'}/s`;
    if (clear) return `best: ${name(cell)} with ${rate}`;
    const others = rivals.slice(0, mostRivals).map(name);
    const more = rivals.length > mostRivals ? ` and ${rivals.length - mostRivals} more` : '';
    return `best: ${name(cell)} with ${rate} (not clearly better than ${others.join(', ')}${more})`;
  });
  const failures = cells.flatMap(({ message, status }, at) =>
    message === null ? [] : [`${name(at)} ${status}: ${shown(message)}`],
  );
  return [...lines, ...failures];
}

function howMeasured({ cells, seed }: MatrixResult): string {
  return `${counted(cells.length, 'benchmark')}, measured in random order (seed ${seed}) and stored; differences below 10% are ignored`;
}

function indent(text: string): string {
  return text.replaceAll(/^/gm, '  ');
}
