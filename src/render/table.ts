import Table from 'cli-table3';
import stringWidth from 'string-width';
import type { Style } from './view.ts';

const borders = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: '  ',
};

/** The space between two columns of a table. */
export const gap = 2;
const least = 8;

/** A word of our own, shown in capitals, or a name that is shown unchanged. */
export type Heading = string | { name: string };

/**
 * Aligned columns under dimmed headings. Cells must already be escaped. If the terminal is too
 * narrow, the `flexible` columns are shortened with an ellipsis, the widest first.
 */
export function table(
  style: Style,
  headings: Heading[],
  rows: string[][],
  rightAligned: number[] = [],
  flexible: number | number[] = [],
): string {
  const head = headings.map((heading) =>
    typeof heading === 'string' ? heading.toUpperCase() : heading.name,
  );
  const colAligns = head.map((_, column): 'left' | 'right' =>
    rightAligned.includes(column) ? 'right' : 'left',
  );
  const drawn = new Table({
    chars: borders,
    colAligns,
    colWidths: fitted([head, ...rows], style.width, [flexible].flat()),
    style: { 'padding-left': 0, 'padding-right': 0, head: [], border: [] },
  });
  drawn.push(
    head.map((title) => style.color.dim(title)),
    ...rows,
  );
  return drawn
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
}

/**
 * Column widths with which the table fits, or comes as close as its flexible columns allow; null:
 * as wide as its cells.
 */
function fitted(rows: string[][], width: number, flexible: number[]): (number | null)[] {
  const widths = columnWidths(rows);
  const fixed = widths.reduce(
    (sum, each, column) => sum + (flexible.includes(column) ? 0 : each) + gap,
    -gap,
  );
  const cap = capFor(
    flexible.map((column) => widths[column] ?? 0),
    width - fixed,
  );
  return widths.map((each, column) => (flexible.includes(column) && each > cap ? cap : null));
}

/** The width to which the widest columns must be cut so that all fit into `room`. */
function capFor(widths: number[], room: number): number {
  const ascending = widths.toSorted((a, b) => a - b);
  let left = room;
  for (const [index, each] of ascending.entries()) {
    const share = Math.floor(left / (ascending.length - index));
    if (each > share) return Math.max(least, share);
    left -= each;
  }
  return Number.POSITIVE_INFINITY;
}

/**
 * Those of the columns `wanted`, in order, for which there is room. Those in `dispensable` are
 * dropped first, one by one.
 */
export function columnsThatFit(
  rows: string[][],
  room: number,
  wanted: number[],
  dispensable: number[],
): number[] {
  let columns = wanted;
  for (const next of dispensable) {
    if (tableWidth(rows.map((row) => columns.map((column) => row[column] ?? ''))) <= room) break;
    columns = columns.filter((column) => column !== next);
  }
  return columns;
}

/** The width in columns of a table with these rows. */
export function tableWidth(rows: string[][]): number {
  return columnWidths(rows).reduce((sum, each) => sum + each + gap, -gap);
}

function columnWidths(rows: string[][]): number[] {
  return (rows[0] ?? []).map((_, column) =>
    rows.reduce((most, row) => Math.max(most, visibleWidth(row[column] ?? '')), 0),
  );
}

/** The width of text on a terminal, without its colours, counted as the table does. */
export function visibleWidth(text: string): number {
  return stringWidth(text);
}

const between = 4;

/**
 * Blocks of lines, side by side if there is room for all, else one below the other. Empty blocks
 * are omitted.
 */
export function beside(blocks: string[], width: number): string[] {
  const lines = blocks.filter((block) => block !== '').map((block) => block.split('\n'));
  const widths = lines.map((block) => Math.max(...block.map(visibleWidth)));
  if (widths.reduce((sum, each) => sum + each + between, -between) > width)
    return lines.map((block) => block.join('\n'));
  const height = Math.max(0, ...lines.map(({ length }) => length));
  const rows = Array.from({ length: height }, (_, row) =>
    lines
      .map((block, index) => {
        const line = block[row] ?? '';
        return line + ' '.repeat((widths[index] ?? 0) - visibleWidth(line));
      })
      .join(' '.repeat(between))
      .trimEnd(),
  );
  return [rows.join('\n')];
}
