import type { ColumnSummary } from '../../core/measurements/profile.ts';
import { escapeText } from '../../core/text/quote.ts';
import type { Style } from '../view.ts';
import { number } from '../format.ts';

/** Behind the name of the column. */
export const columnHeadings = ['type', 'count', 'missing', 'distinct', 'values', 'histogram'];

/** A row of a table of columns: the first cell is the name. */
export function columnCells(column: ColumnSummary, { color, width }: Style): string[] {
  const { name, type, count, missing, distinct, distinctIsExact, histogram } = column;
  const different = distinct === null ? '' : `${distinctIsExact ? '' : '~'}${number(distinct)}`;
  const counts = type === 'categorical' ? topCounts(column) : (histogram?.counts ?? []);
  return [
    escapeText(name),
    type,
    number(count),
    missing === 0 ? color.dim('0') : color.yellow(number(missing)),
    different,
    valuesText(column),
    color.cyan(bars(width < roomy && type !== 'categorical' ? pairs(counts) : counts)),
  ];
}

export function errorText(error: number): string {
  return error === 0 ? 'exact' : `shares of rows within ${number(Number((100 * error).toPrecision(2)))}%`;
}

const mostCategories = 4;

function valuesText({ type, redacted, mean, std, min, max, top, values }: ColumnSummary): string {
  if (redacted) return 'redacted';
  if (type === 'text') return 'not kept';
  if (top !== null) {
    const names = top.slice(0, mostCategories).map(({ value }) => escapeText(value));
    return top.length > mostCategories ? `${names.join(', ')} …` : names.join(', ');
  }
  if (mean === null || std === null || min === null || max === null) return '';
  if (values === 'datetime') return `${day(min)} … ${day(max)}`;
  return `${short(mean)} ± ${short(std)}, ${short(min)} … ${short(max)}`;
}

function day(time: number): string {
  const date = new Date(time);
  return Number.isNaN(date.getTime()) ? String(time) : date.toISOString().slice(0, 10);
}

function short(value: number): string {
  return String(Number(value.toPrecision(4)));
}

function topCounts({ top }: ColumnSummary): number[] {
  return top?.map(({ count }) => count) ?? [];
}

const blocks = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/** In a narrower terminal, a histogram of all its bars would leave names of a few letters. */
const roomy = 110;

/** Each two neighbours together. */
function pairs(counts: readonly number[]): number[] {
  return Array.from(
    { length: Math.ceil(counts.length / 2) },
    (_, at) => (counts[2 * at] ?? 0) + (counts[2 * at + 1] ?? 0),
  );
}

/** A bar a count, as high as its share of the largest; a space for none. */
function bars(counts: readonly number[]): string {
  const most = Math.max(...counts);
  return counts
    .map((count) => (count === 0 ? ' ' : (blocks[Math.ceil((count / most) * blocks.length) - 1] ?? '')))
    .join('');
}
