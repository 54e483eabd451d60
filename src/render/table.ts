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

/** Columns between two columns of a table. */
export const gap = 2;
const least = 8;

/** A word of ours, written in capitals, or a name that is shown as it is. */
export type Heading = string | { name: string };

/**
 * Aligned columns under quiet headings. Cells must be escaped already. Where the terminal is too narrow for all, the
 * `flexible` columns are cut short, the widest first, with an ellipsis.
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

/** Widths with which the table fits, or as close to that as its flexible columns can bring it; null is as wide as its cells. */
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

/** The width to which the widest must be cut for all to fit into `room`. */
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

/** Of the columns `wanted`, in their order, those for which there is room, where the ones in `dispensable` go first, one by one. */
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

/** Columns that a table of these rows takes. */
export function tableWidth(rows: string[][]): number {
  return columnWidths(rows).reduce((sum, each) => sum + each + gap, -gap);
}

function columnWidths(rows: string[][]): number[] {
  return (rows[0] ?? []).map((_, column) =>
    rows.reduce((most, row) => Math.max(most, visibleWidth(row[column] ?? '')), 0),
  );
}

/** Columns that text takes on a terminal, without its colours, as the table itself counts them. */
export function visibleWidth(text: string): number {
  return stringWidth(text);
}

const between = 4;

/** Blocks of lines that stand side by side where there is room for all; else as they were. Empty blocks are left out. */
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
