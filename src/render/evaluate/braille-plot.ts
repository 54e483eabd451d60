import { canvas, framed, type Point } from '../braille-canvas.ts';
import { number } from '../format.ts';
import type { Style } from '../view.ts';

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
  const labels = [number(high, 3), number(low, 3)] as const;
  const width = Math.max(...labels.map((label) => label.length));
  const body = framed(drawn, diagonal, labels, color);
  const below = `${labels[1]}${labels[0].padStart(columns - labels[1].length)}`;
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
