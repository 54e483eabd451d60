import Table from 'cli-table3';
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

/** Aligned columns under quiet headings. Cells must be escaped already. */
export function table(style: Style, head: string[], rows: string[][], rightAligned: number[] = []): string {
  const colAligns = head.map((_, column): 'left' | 'right' =>
    rightAligned.includes(column) ? 'right' : 'left',
  );
  const drawn = new Table({
    chars: none,
    colAligns,
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
