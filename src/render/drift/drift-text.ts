import type { ColumnDrift } from '../../drift/drift-report.ts';
import { escapeText } from '../../core/text/quote.ts';
import { counted } from '../format.ts';
import { beside, table } from '../table.ts';
import type { Style } from '../view.ts';
import { limitText, scoreText, short, sourcesText, verdictText, worstFirst } from './drift-facts.ts';
import type { ShownDrift } from './drift-view.ts';

const mostRows = 40;
const mostHistograms = 4;
const mostFindings = 20;

export function driftText(result: ShownDrift, style: Style): string {
  const { color, width } = style;
  const { ref, drifted, columns, skipped, findings, correction, saved, exec } = result;
  const { reference, live } = sourcesText(result);
  const mark = drifted ? color.red('✗') : color.green('✓');
  const word = drifted ? color.red('the data has moved') : 'the data looks as before';
  const ordered = worstFirst(columns);
  const shown = ordered.slice(0, mostRows);
  const left = ordered.length - shown.length;
  const rows = shown.map((column) => cells(column, style));
  return [
    `${mark} ${color.bold(ref)}: ${word}`,
    `  ${verdictText(result)}\n  ${color.dim(`live ${escapeText(live)}, reference ${escapeText(reference)}${correction === null ? '' : `, p-values corrected: ${correction}`}`)}`,
    ...(findings.length === 0 ? [] : [findingLines(result, style)]),
    ...(rows.length === 0
      ? []
      : [
          table(
            style,
            ['column', 'type', 'method', 'score', 'drift if', 'reference', 'live', 'missing', ''],
            rows,
            [3],
            [0],
          ),
        ]),
    ...(left > 0 ? [color.dim(`+${counted(left, 'more column')} (--json shows all)`)] : []),
    ...beside(
      ordered
        .filter((column) => column.drifted)
        .slice(0, mostHistograms)
        .map((column) => histogram(column, style)),
      width,
    ),
    ...(skipped.length === 0
      ? []
      : [
          skipped
            .slice(0, mostRows)
            .map(({ name, reason }) => color.dim(`not compared: ${escapeText(name)}: ${escapeText(reason)}`))
            .join('\n'),
        ]),
    ...(saved === null ? [] : [color.dim(`stored with ${ref}`)]),
    ...(exec === null
      ? []
      : [color.dim(`ran ${escapeText(exec.command.join(' '))}: exit code ${exec.code ?? 'none'}`)]),
  ].join('\n\n');
}

function findingLines({ findings }: ShownDrift, { color }: Style): string {
  const shown = findings
    .slice(0, mostFindings)
    .map(({ message, serious }) => `${serious ? color.red('✗') : color.yellow('!')} ${escapeText(message)}`);
  const left = findings.length - shown.length;
  return [...shown, ...(left > 0 ? [color.dim(`+${counted(left, 'more finding')}`)] : [])].join('\n');
}

function cells(column: ColumnDrift, { color }: Style): string[] {
  const { name, type, method, drifted, missing, reference, live } = column;
  const before = missing[0] / (missing[0] + reference.count);
  const after = missing[1] / (missing[1] + live.count);
  return [
    escapeText(name),
    type,
    method,
    drifted ? color.red(scoreText(column)) : scoreText(column),
    limitText(column),
    sideText(column, 'reference'),
    sideText(column, 'live'),
    missing[0] + missing[1] === 0 ? '' : `${short(100 * before)}% → ${short(100 * after)}%`,
    drifted ? color.red('drifted') : '',
  ];
}

function sideText({ type, reference, live, categories }: ColumnDrift, side: 'reference' | 'live'): string {
  const { mean, std, min, max } = side === 'reference' ? reference : live;
  if (type === 'categorical' && categories !== null) {
    const most = categories.toSorted((one, other) => other[side] - one[side]).slice(0, 3);
    return most
      .filter((one) => one[side] > 0)
      .map(({ value }) => escapeText(value.length > 10 ? `${value.slice(0, 9)}…` : value))
      .join(', ');
  }
  if (type === 'datetime' && min !== null && max !== null) return `${day(min)} … ${day(max)}`;
  return mean === null || std === null ? '' : `${short(mean)} ± ${short(std)}`;
}

function day(time: number): string {
  const date = new Date(time);
  return Number.isNaN(date.getTime()) ? String(time) : date.toISOString().slice(0, 10);
}

const eighths = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉', '█'];
const widest = 16;
const mostBars = 10;

/** Both sides of a column, a bar a bin. */
function histogram(column: ColumnDrift, { color }: Style): string {
  const bars = barsOf(column);
  const [before, after] = [column.reference.count, column.live.count];
  const most = Math.max(...bars.flatMap(({ reference, live }) => [reference / before, live / after]));
  const label = Math.max(...bars.map(({ name }) => name.length));
  return [
    `${color.bold(escapeText(column.name))} ${color.dim('reference')} ${color.cyan('live')}`,
    ...bars.flatMap(({ name, reference, live }) => [
      `${name.padEnd(label)} ${color.dim(bar(reference / before / most))}`,
      `${' '.repeat(label)} ${color.cyan(bar(live / after / most))}`,
    ]),
  ].join('\n');
}

function bar(share: number): string {
  const steps = Math.round(share * widest * 8);
  return '█'.repeat(Math.floor(steps / 8)) + (eighths[steps % 8] ?? '');
}

function barsOf({
  histogram: bins,
  categories,
}: ColumnDrift): { name: string; reference: number; live: number }[] {
  if (bins === null)
    return (categories ?? []).slice(0, mostBars).map(({ value, ...counts }) => ({
      name: escapeText(value.length > 14 ? `${value.slice(0, 13)}…` : value),
      ...counts,
    }));
  const { edges, reference, live } = bins;
  const step = Math.max(1, Math.ceil(reference.length / mostBars));
  return Array.from({ length: Math.ceil(reference.length / step) }, (_, at) => {
    const sum = (counts: readonly number[]): number =>
      counts.slice(at * step, (at + 1) * step).reduce((all, count) => all + count, 0);
    return { name: short(edges[at * step] ?? 0), reference: sum(reference), live: sum(live) };
  });
}
