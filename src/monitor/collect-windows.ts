import { metricOf, type StoredEvaluation } from '../core/measurements/evaluation.ts';
import { wilsonInterval, z } from '../stats/interval.ts';
import type { Version } from '../core/versions/version.ts';
import { together, lengthMs, windowStart, type Every, type Quality } from './series.ts';
import type { Window } from './monitoring.ts';

/** An evaluation of a version, and the time that its data is of. */
export interface TimedEvaluation {
  version: Version;
  /** Epoch milliseconds. */
  time: number;
  result: StoredEvaluation;
}

/** A time in which a version held the stage; epoch milliseconds, `to` excluded. */
export interface Tenure {
  version: Version;
  from: number;
  to: number;
}

interface Choice {
  metric: string;
  isShare: boolean;
  every: Every;
  minLabels: number;
  /** Who held the stage when, in order. */
  tenures: readonly Tenure[];
  holder: Version;
}

/**
 * The windows with evaluations, oldest first. In each, those of the version that held the stage
 * last count; where no holder of then was evaluated, those of the current one do, or of the last
 * one before it, as what it would have been. Evaluations are expected newest first.
 */
export function collectWindows(evaluations: readonly TimedEvaluation[], choice: Choice): Window[] {
  const byWindow = Map.groupBy(evaluations, ({ time }) => windowStart(time, choice.every));
  return [...byWindow]
    .toSorted(([one], [other]) => one - other)
    .flatMap(([start, all]) => {
      const window = windowOf(start, all, choice);
      return window === undefined ? [] : [window];
    });
}

function windowOf(start: number, all: readonly TimedEvaluation[], choice: Choice): Window | undefined {
  const { tenures, holder, every, minLabels, metric, isShare } = choice;
  const end = start + lengthMs[every];
  const holders = tenures.filter(({ from, to }) => from < end && to > start).map(({ version }) => version);
  const evaluated = new Set(all.map(({ version }) => version));
  const then = holders.findLast((version) => evaluated.has(version));
  const other = [...tenures.map((tenure) => tenure.version), holder].findLast((one) => evaluated.has(one));
  const version = then ?? other;
  if (version === undefined) return undefined;
  const own = withoutRepeats(all.filter((one) => one.version === version)).flatMap(({ result }) => {
    const quality = qualityOf(result, metric);
    return quality === undefined ? [] : [quality];
  });
  if (own.length === 0) return undefined;
  const { value, labels, error } = together(own);
  return {
    start,
    version,
    held: then !== undefined,
    value,
    interval: isShare
      ? boundsOf(wilsonInterval(Math.round(value * labels), labels))
      : boundsOf(error === null ? null : { low: value - z * error, high: value + z * error }),
    labels,
    evaluations: own.length,
    use: labels < minLabels ? 'few labels' : 'used',
  };
}

/** The same data that was evaluated twice counts once; the newest comes first. */
function withoutRepeats(all: readonly TimedEvaluation[]): TimedEvaluation[] {
  return [...new Map(all.toReversed().map((one) => [one.result.data.digest, one])).values()];
}

function qualityOf(result: StoredEvaluation, metric: string): Quality | undefined {
  const value = metricOf(result.metrics, metric);
  if (typeof value !== 'number' || !(result.rows > 0)) return undefined;
  return { value, labels: result.rows, error: errorOf(result['intervals'], metric) };
}

/** A 95% interval is about four standard errors wide. */
function errorOf(intervals: unknown, metric: string): number | null {
  if (typeof intervals !== 'object' || intervals === null || !Object.hasOwn(intervals, metric)) return null;
  const { low, high } = ((intervals as Record<string, unknown>)[metric] ?? {}) as Record<string, unknown>;
  if (typeof low !== 'number' || typeof high !== 'number') return null;
  return high > low ? (high - low) / (2 * z) : null;
}

function boundsOf(interval: { low: number; high: number } | null): Window['interval'] {
  return interval && { low: interval.low, high: interval.high };
}

/** The last `count` windows, with those without an evaluation between them. */
export function withGaps(windows: readonly Window[], every: Every, count: number): Window[] {
  const last = windows.at(-1)?.start ?? 0;
  const from = last - (count - 1) * lengthMs[every];
  const known = new Map(windows.map((window) => [window.start, window]));
  const first = Math.max(from, windows[0]?.start ?? 0);
  const shown: Window[] = [];
  for (let start = first; start <= last; start += lengthMs[every])
    shown.push(
      known.get(start) ?? {
        start,
        version: null,
        held: false,
        value: null,
        interval: null,
        labels: 0,
        evaluations: 0,
        use: 'none',
      },
    );
  return shown;
}
