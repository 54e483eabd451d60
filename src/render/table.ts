import Table from 'cli-table3';
import { stripVTControlCharacters } from 'node:util';
import type { Style } from './view.ts';

const none = {
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

const gap = 2;
const least = 8;

/**
 * Aligned columns under quiet headings. Cells must be escaped already. Where the terminal is too narrow for all, the
 * `flexible` column is cut short, with an ellipsis.
 */
export function table(
  style: Style,
  head: string[],
  rows: string[][],
  rightAligned: number[] = [],
  flexible?: number,
): string {
  const colAligns = head.map((_, column): 'left' | 'right' =>
    rightAligned.includes(column) ? 'right' : 'left',
  );
  const drawn = new Table({
    chars: none,
    colAligns,
    colWidths: flexible === undefined ? [] : fitted([head, ...rows], style.width, flexible),
    style: { 'padding-left': 0, 'padding-right': 0, head: [], border: [] },
  });
  drawn.push(
    head.map((title) => style.color.dim(title.toUpperCase())),
    ...rows,
  );
  return drawn
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
}

/** Widths with which the table fits, or as close to that as one column can bring it; null is as wide as its cells. */
function fitted(rows: string[][], width: number, flexible: number): (number | null)[] {
  const widths = (rows[0] ?? []).map((_, column) =>
    rows.reduce((most, row) => Math.max(most, stripVTControlCharacters(row[column] ?? '').length), 0),
  );
  const over = widths.reduce((sum, each) => sum + each + gap, -gap) - width;
  return widths.map((each, column) =>
    column === flexible && over > 0 ? Math.min(each, Math.max(least, each - over)) : null,
  );
}
