import { byteUnits, timeUnits, type Amount, type Comparator, type Shift } from './bound.ts';

/** Enough digits for any measurement, and few enough that binary rounding does not reach them. */
const digits = 15;

/** In bytes, in milliseconds, or without a unit as it is; a percentage becomes a share of one. */
export function valueOf({ value, unit }: Amount): number {
  const factor =
    unit === null
      ? 1
      : unit === '%'
        ? 0.01
        : ({ ...byteUnits, ...timeUnits } as Record<string, number>)[unit];
  return rounded(value * (factor ?? 1));
}

/** Applies a gate's shift to a value: `-0.005`, `*1.05`, `+5%` (of the value's magnitude). */
export function shifted(value: number, shift: Shift | null): number {
  if (shift === null) return value;
  const by = valueOf(shift.amount);
  if (shift.operator === '*') return rounded(value * by);
  const step = shift.amount.unit === '%' ? Math.abs(value) * by : by;
  return rounded(shift.operator === '+' ? value + step : value - step);
}

/**
 * Compares numbers exactly. If `threshold` was calculated (`inexact`), compares both to 15 digits,
 * so that 0.9 is not below 0.905 - 0.005.
 */
export function holds(
  observed: number,
  comparator: Comparator,
  threshold: number,
  inexact: boolean,
): boolean {
  const value = inexact ? rounded(observed) : observed;
  switch (comparator) {
    case '>=':
      return value >= threshold;
    case '<=':
      return value <= threshold;
    case '>':
      return value > threshold;
    case '<':
      return value < threshold;
    case '=':
      return value === threshold;
    case '!=':
      return value !== threshold;
  }
}

function rounded(value: number): number {
  return Number(value.toPrecision(digits));
}
