import type { MonitorResult, Window } from '../../monitor/monitoring.ts';
import { canvas, framed } from '../braille-canvas.ts';
import { columnNumber } from '../format.ts';
import type { Style } from '../view.ts';
import { dayOf } from './monitor-facts.ts';

const rows = 8;
const widest = 76;
/** Characters of a window, if there is room. */
const roomOfWindow = 2;

/** The windows as a line, the holders below, and a mark for each alarm. */
export function trendPlot({ windows, alarms, alarm }: MonitorResult, { color, width }: Style): string {
  const values = windows.flatMap(({ value }) => (value === null ? [] : [value]));
  const baseline = alarm?.fall?.baseline ?? null;
  const [low, high] = rangeOf(baseline === null ? values : [...values, baseline]);
  const shown = columnNumber([low, high]);
  const labels = [shown(high), shown(low)] as const;
  const margin = Math.max(...labels.map((label) => label.length));
  const room = Math.min(Number.isFinite(width) ? width - margin - 3 : widest, widest);
  const columns = Math.max(10, Math.min(room, windows.length * roomOfWindow));
  const left = (index: number): number =>
    windows.length === 1 ? columns : (index / (windows.length - 1)) * (columns * 2 - 1);
  const top = (value: number): number => (1 - (value - low) / (high - low)) * (rows * 4 - 1);
  const drawn = canvas(columns, rows);
  const under = canvas(columns, rows);
  if (baseline !== null) for (let x = 0; x < columns * 2; x += 3) under.dot({ x, y: top(baseline) });
  for (const [index, { value }] of windows.entries()) {
    if (value === null) continue;
    const before = windows[index - 1]?.value ?? null;
    const to = { x: left(index), y: top(value) };
    if (before === null) drawn.dot(to);
    else drawn.stroke({ x: left(index - 1), y: top(before) }, to);
  }
  const body = framed(drawn, under, labels, color);
  const indent = ' '.repeat(margin + 2);
  const place = (index: number): number => Math.min(columns - 1, Math.floor(left(index) / 2));
  const marks = Array.from({ length: columns }, () => ' ');
  const raised = new Set(alarms.map(({ at }) => at));
  for (const [index, { start }] of windows.entries()) if (raised.has(start)) marks[place(index)] = '▲';
  const ends = [windows[0], windows.at(-1)].map((window) => dayOf(window?.start ?? 0));
  return [
    ...body,
    color.dim(`${' '.repeat(margin)} └${'─'.repeat(columns)}`),
    `${indent}${holdersLine(windows, place, columns)}`,
    ...(raised.size === 0 ? [] : [`${indent}${color.red(marks.join('').trimEnd())} ${color.red('alarm')}`]),
    color.dim(`${indent}${(ends[0] ?? '').padEnd(Math.max(11, columns - 10))}${ends[1]}`),
  ].join('\n');
}

/** With some room on both sides; equal values get a range, too. */
function rangeOf(values: readonly number[]): [number, number] {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const margin = (high - low) * 0.05 || Math.abs(high) * 0.05 || 1;
  const ends: [number, number] = [low - margin, high + margin];
  // An axis of accuracies does not reach 1.007.
  return low < 0 || high > 1 ? ends : [Math.max(0, ends[0]), Math.min(1, ends[1])];
}

/** `1.0.0─────1.1.0───`: from where on a version was evaluated; ┄ where it did not hold the stage then. */
function holdersLine(windows: readonly Window[], place: (index: number) => number, columns: number): string {
  const line = Array.from({ length: columns }, () => ' ');
  let last: string | null = null;
  for (const [index, { version, held }] of windows.entries()) {
    if (version === null) continue;
    const at = place(index);
    if (version === last) {
      for (let column = at; column >= 0 && line[column] === ' '; column--) line[column] = held ? '─' : '┄';
      continue;
    }
    for (const [offset, character] of Array.from(version).entries())
      if (at + offset < columns) line[at + offset] = character;
    last = version;
  }
  return line.join('').trimEnd();
}
