import { metricDirection, type Direction } from './metric-direction.ts';

/** How a number differs from the one it is compared with. */
export interface Change {
  /**
   * After minus before; null where one of them is missing, or the difference is beyond what a
   * number holds.
   */
  delta: number | null;
  /** `delta` as a share of the size of the number before; null where that is 0. */
  relative: number | null;
  /** Null where the direction is unknown, a number is missing, or both are equal. */
  better: boolean | null;
}

export const noChange: Change = { delta: null, relative: null, better: null };

/** Numbers by one name, one for each of the things compared; the first is the baseline. */
export interface ComparedNumber {
  name: string;
  direction: Direction | null;
  /** Undefined where it is missing. */
  values: (number | undefined)[];
  /** Of every value after the first against the first. */
  changes: Change[];
}

export function numberChange(
  before: number | undefined,
  after: number | undefined,
  direction: Direction | null,
): Change {
  if (before === undefined || after === undefined) return noChange;
  const delta = after - before;
  const relative = delta / Math.abs(before);
  return {
    delta: Number.isFinite(delta) ? delta : null,
    relative: Number.isFinite(relative) ? relative : null,
    better: direction === null || before === after ? null : after > before === (direction === 'higher'),
  };
}

export function compareNumbers(
  name: string,
  values: (number | undefined)[],
  direction: Direction | null = metricDirection(name),
): ComparedNumber {
  const [first, ...others] = values;
  return { name, direction, values, changes: others.map((value) => numberChange(first, value, direction)) };
}
