import type { Direction } from '../core/metadata/metric-direction.ts';
import { weightedMean } from '../stats/difference.ts';

/** How long a window is. Windows start at midnight UTC, those of a week on Mondays. */
export type Every = 'day' | 'week';

const dayMs = 86_400e3;
export const lengthMs: Record<Every, number> = { day: dayMs, week: 7 * dayMs };
/** The epoch began on a Thursday. */
const offsetMs: Record<Every, number> = { day: 0, week: 4 * dayMs };

/** The start of the window that a time is in; epoch milliseconds. */
export function windowStart(time: number, every: Every): number {
  const [length, offset] = [lengthMs[every], offsetMs[every]];
  return Math.floor((time - offset) / length) * length + offset;
}

/** What one evaluation, or all of a window, says of a metric. */
export interface Quality {
  value: number;
  /** Rows that it was measured on. */
  labels: number;
  /** Standard error of the value; null: unknown. */
  error: number | null;
}

/** A window with enough labels, as rules see it. */
export interface UsedWindow extends Quality {
  /** Epoch milliseconds. */
  start: number;
  /** The version that was evaluated. */
  version: string;
}

/** What is known of a metric besides its values. */
export interface MetricNature {
  direction: Direction;
  /** It is a share of rows, such as accuracy: hits follow from the value. */
  isShare: boolean;
}

/**
 * All evaluations of a window together: a mean by rows. Its error is unknown if that of one of them
 * is.
 */
export function together(all: readonly Quality[]): Quality {
  const { mean, weight } = weightedMean(all.map(({ value, labels }) => ({ value, weight: labels })));
  const errors = all.map(({ error, labels }) => (error === null ? null : error * (labels / weight)));
  const known = errors.filter((error) => error !== null);
  return {
    value: mean,
    labels: weight,
    error: known.length === errors.length ? Math.hypot(...known) : null,
  };
}
