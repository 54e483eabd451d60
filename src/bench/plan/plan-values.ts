import { formatDuration } from '../../core/text/duration.ts';
import { MlregError } from '../../core/errors.ts';

/** INVALID_INPUT unless the option's value is a whole number in this range, or was not given. */
export function wholeNumber(option: string, value: number | undefined, least: number, most: number): void {
  if (value === undefined || (Number.isSafeInteger(value) && value >= least && value <= most)) return;
  throw new MlregError(
    'INVALID_INPUT',
    `${option} must be an integer from ${least} to ${most.toLocaleString('en')}, not ${value}`,
    { hint: 'see mlreg help bench' },
  );
}

/** The same of a duration in milliseconds. */
export function durationWithin(option: string, ms: number | undefined, least: number, most: number): void {
  if (ms === undefined || (ms >= least && ms <= most)) return;
  throw new MlregError(
    'INVALID_INPUT',
    `${option} must be between ${formatDuration(least)} and ${formatDuration(most)}, not ${formatDuration(ms)}`,
    { hint: 'add a unit, for example 10s or 250ms' },
  );
}
