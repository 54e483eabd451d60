import { number } from '../../format.ts';
import { markup, nothing, type Markup } from './markup.ts';

interface Point {
  x: number;
  y: number;
}

export interface Series {
  /** Class of the style, such as `c0`. */
  style: string;
  points: readonly Point[];
  /** Dots instead of a line. */
  dots?: boolean;
}

const size = 320;
const margin = { left: 44, right: 16, top: 8, bottom: 40 };
const inner = size - margin.left - margin.right;

/** A square plot of both axes over the same range, with the diagonal. */
export function squarePlot(input: {
  /** For people who do not see it. */
  about: string;
  x: string;
  y: string;
  range: readonly [number, number];
  series: readonly Series[];
}): Markup {
  const { about, x, y, range, series } = input;
  const [low, high] = range;
  const span = high - low || 1;
  const left = (value: number): number => round(margin.left + ((value - low) / span) * inner);
  const top = (value: number): number => round(margin.top + (1 - (value - low) / span) * inner);
  const ticks = [0, 0.25, 0.5, 0.75, 1].map((share) => low + share * span);
  const bottom = margin.top + inner;
  return markup`<svg viewBox="0 0 ${size} ${size}" role="img" aria-label="${about}"><g class="grid">${ticks.map(
    (tick) =>
      markup`<path d="M${left(tick)} ${margin.top}V${bottom}M${margin.left} ${top(tick)}H${margin.left + inner}"/>`,
  )}</g><g class="tick">${ticks.map(
    (tick) =>
      markup`<text x="${left(tick)}" y="${bottom + 14}" text-anchor="middle">${number(tick, 3)}</text><text x="${margin.left - 5}" y="${top(tick) + 4}" text-anchor="end">${number(tick, 3)}</text>`,
  )}<text x="${margin.left + inner / 2}" y="${size - 6}" text-anchor="middle">${x}</text><text transform="translate(10 ${margin.top + inner / 2})rotate(-90)" text-anchor="middle">${y}</text></g><path class="diagonal" d="M${left(low)} ${top(low)}L${left(high)} ${top(high)}"/>${series.map(
    ({ style, points, dots }) =>
      dots === true
        ? markup`<g class="dots ${style}">${points.map(
            (point) => markup`<circle cx="${left(point.x)}" cy="${top(point.y)}" r="2.5"/>`,
          )}</g>`
        : points.length === 0
          ? nothing
          : markup`<path class="line ${style}" d="M${points.map(({ x: at, y: over }) => `${left(at)} ${top(over)}`).join('L')}"/>`,
  )}</svg>`;
}

const barWidth = 160;
const barHeight = 14;

/** A value with its interval on a scale that several of them share. */
export function intervalBar(
  [low, high]: readonly [number, number],
  value: number,
  interval: { low: number; high: number } | null,
): Markup {
  const span = high - low || 1;
  const at = (one: number): number =>
    round(Math.min(1, Math.max(0, (one - low) / span)) * (barWidth - 6) + 3);
  const middle = barHeight / 2;
  const reach =
    interval === null
      ? nothing
      : markup`<path class="reach" d="M${at(interval.low)} ${middle}H${at(interval.high)}"/>`;
  return markup`<svg class="bar" viewBox="0 0 ${barWidth} ${barHeight}" aria-hidden="true"><path class="track" d="M3 ${middle}H${barWidth - 3}"/>${reach}<circle class="value" cx="${at(value)}" cy="${middle}" r="3.5"/></svg>`;
}

/** A bar from 0, with a whisker for its interval. */
export function lengthBar(
  most: number,
  value: number,
  interval: { low: number; high: number } | null,
): Markup {
  const at = (one: number): number => round(Math.min(1, Math.max(0, one / (most || 1))) * (barWidth - 4));
  const middle = barHeight / 2;
  const whisker =
    interval === null
      ? nothing
      : markup`<path class="whisker" d="M${at(interval.low)} ${middle}H${Math.max(at(interval.high), at(interval.low) + 1)}"/>`;
  return markup`<svg class="bar" viewBox="0 0 ${barWidth} ${barHeight}" aria-hidden="true"><rect class="fill" y="3" height="${barHeight - 6}" width="${at(value)}" rx="2"/>${whisker}</svg>`;
}

/** Counts in bins, with the edges at both ends and zero. */
export function histogramPlot(
  about: string,
  { edges, counts }: { edges: readonly number[]; counts: readonly number[] },
): Markup {
  const [low = 0, high = 1] = [edges[0], edges.at(-1)];
  const most = Math.max(1, ...counts);
  const left = (value: number): number => round(margin.left + ((value - low) / (high - low || 1)) * inner);
  const bottom = margin.top + inner;
  const bars = counts.map((count, bin) => {
    const height = round((count / most) * inner);
    const from = left(edges[bin] ?? 0);
    const width = round(Math.max(1, left(edges[bin + 1] ?? 0) - from - 1));
    return markup`<rect class="fill" x="${from}" y="${round(bottom - height)}" width="${width}" height="${height}"/>`;
  });
  return markup`<svg viewBox="0 0 ${size} ${size}" role="img" aria-label="${about}">${bars}<path class="axis" d="M${margin.left} ${bottom}H${margin.left + inner}M${left(0)} ${margin.top}V${bottom}"/><g class="tick">${[
    low,
    0,
    high,
  ].map(
    (tick) =>
      markup`<text x="${left(tick)}" y="${bottom + 14}" text-anchor="middle">${number(tick, 3)}</text>`,
  )}<text x="${margin.left - 5}" y="${margin.top + 8}" text-anchor="end">${most}</text><text x="${margin.left + inner / 2}" y="${size - 6}" text-anchor="middle">prediction minus target</text></g></svg>`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
