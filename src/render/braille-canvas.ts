import type { Style } from './view.ts';

export interface Point {
  x: number;
  y: number;
}

/** Bits of the dots in a braille character, by column and row (Unicode, "Braille Patterns"). */
const bits = [
  [0x01, 0x02, 0x04, 0x40],
  [0x08, 0x10, 0x20, 0x80],
] as const;

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

export type Canvas = ReturnType<typeof canvas>;

/**
 * The lines of a plot, with `under` dimmed below what is drawn, and the highest and lowest value beside
 * the first and the last.
 */
export function framed(
  drawn: Canvas,
  under: Canvas,
  labels: readonly [high: string, low: string],
  color: Style['color'],
): string[] {
  const width = Math.max(...labels.map((label) => label.length));
  const last = drawn.cells.length - 1;
  return drawn.cells.map((cells, row) => {
    const label = row === 0 ? labels[0] : row === last ? labels[1] : '';
    const text = cells.map((cell, column) => {
      const below = under.cells[row]?.[column] ?? 0;
      if (cell !== 0) return color.cyan(braille(cell));
      return below === 0 ? ' ' : color.dim(braille(below));
    });
    return `${color.dim(label.padStart(width))} ${color.dim('│')}${text.join('')}`;
  });
}

function braille(cell: number): string {
  return String.fromCharCode(0x2800 + cell);
}
