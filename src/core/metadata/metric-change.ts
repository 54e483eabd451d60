import { metricDirection, type Direction } from './metric-direction.ts';

/** How a number differs from the number it is compared with. */
export interface Change {
  /**
   * After minus before; null if one of them is missing, or the difference exceeds a double's range.
   */
  delta: number | null;
  /** `delta` divided by the absolute value of the number before; null if that is 0. */
  relative: number | null;
  /** Null if the direction is unknown, a number is missing, or both are equal. */
  better: boolean | null;
}

export const noChange: Change = { delta: null, relative: null, better: null };

/** Numbers with the same name, one for each of the compared things; the first is the baseline. */
export interface ComparedNumber {
  name: string;
  direction: Direction | null;
  /** Undefined if it is missing. */
  values: (number | undefined)[];
  /** The change of every later value from the first. */
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
