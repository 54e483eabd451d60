import { number } from '../format.ts';
import type { Style } from '../view.ts';

export interface Point {
  x: number;
  y: number;
}

/** A plot in characters: each holds 2 × 4 dots. */
export interface PlotInput {
  title: string;
  /** Names of the axes. */
  x: string;
  y: string;
  /** Lowest and highest value of both axes. */
  range: readonly [low: number, high: number];
  /** Points that lines join, one after another. */
  lines?: readonly (readonly Point[])[];
  /** Points by themselves. */
  points?: readonly Point[];
  /** Columns of characters for the plot itself. */
  columns: number;
  rows: number;
}

/** Bits of the dots in a braille character, by column and row (Unicode, "Braille Patterns"). */
const bits = [
  [0x01, 0x02, 0x04, 0x40],
  [0x08, 0x10, 0x20, 0x80],
] as const;

/** Lines of text: the title, the plot with its frame and the ends of the axes, and the axis below. */
export function braillePlot(plot: PlotInput, { color }: Pick<Style, 'color'>): string {
  const { columns, rows, range } = plot;
  const drawn = canvas(columns, rows);
  const diagonal = canvas(columns, rows);
  const [low, high] = range;
  const share = (value: number): number => (high === low ? 0.5 : (value - low) / (high - low));
  const at = ({ x, y }: Point): Point => ({
    x: share(x) * (columns * 2 - 1),
    y: (1 - share(y)) * (rows * 4 - 1),
  });
  for (let step = 0; step < columns * 2; step += 4) {
    const value = low + ((high - low) * step) / (columns * 2 - 1);
    diagonal.dot(at({ x: value, y: value }));
  }
  for (const line of plot.lines ?? [])
    for (const [index, point] of line.entries()) {
      const before = line[index - 1];
      if (before === undefined) drawn.dot(at(point));
      else drawn.stroke(at(before), at(point));
    }
  for (const point of plot.points ?? []) drawn.dot(at(point));
  const labels = [number(high, 3), number(low, 3)];
  const width = Math.max(...labels.map((label) => label.length));
  const body = drawn.cells.map((cells, row) => {
    const label = row === 0 ? labels[0] : row === rows - 1 ? labels[1] : '';
    const text = cells.map((cell, column) => {
      const under = diagonal.cells[row]?.[column] ?? 0;
      if (cell !== 0) return color.cyan(braille(cell));
      return under === 0 ? ' ' : color.dim(braille(under));
    });
    return `${color.dim((label ?? '').padStart(width))} ${color.dim('│')}${text.join('')}`;
  });
  const below = `${labels[1]}${(labels[0] ?? '').padStart(columns - (labels[1] ?? '').length)}`;
  return [
    `${color.bold(plot.title)} ${color.dim(plot.y)}`,
    ...body,
    color.dim(`${' '.repeat(width)} └${'─'.repeat(columns)}`),
    color.dim(`${' '.repeat(width + 2)}${below}`),
    color.dim(`${' '.repeat(width + 2)}${centred(plot.x, columns)}`),
  ].join('\n');
}

function centred(text: string, width: number): string {
  return ' '.repeat(Math.max(0, Math.floor((width - text.length) / 2))) + text;
}

export function braille(cell: number): string {
  return String.fromCharCode(0x2800 + cell);
}

/** Dots in characters, which hold 2 × 4 of them; from the left, and from the top. */
export function canvas(columns: number, rows: number) {
  const cells = Array.from({ length: rows }, () => Array.from({ length: columns }, () => 0));
  const dot = ({ x, y }: Point): void => {
    const [column, row] = [Math.round(x), Math.round(y)];
    const line = cells[row >> 2];
    const bit = bits[column & 1 ? 1 : 0][row & 3];
    if (line === undefined || column < 0 || column >= columns * 2 || bit === undefined) return;
    line[column >> 1] = (line[column >> 1] ?? 0) | bit;
  };
  const stroke = (from: Point, to: Point): void => {
    const steps = Math.max(1, Math.ceil(Math.max(Math.abs(to.x - from.x), Math.abs(to.y - from.y))));
    for (let step = 0; step <= steps; step += 1)
      dot({
        x: from.x + ((to.x - from.x) * step) / steps,
        y: from.y + ((to.y - from.y) * step) / steps,
      });
  };
  return { cells, dot, stroke };
}
