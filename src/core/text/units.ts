import { MlregError } from '../errors.ts';
import { shownResult } from './numbers.ts';
import { quote } from './quote.ts';

/** Why a text is not one number with one of these units. */
export function whyUnreadable(text: string, units: readonly string[]): string {
  const [, sign, digits = '', decimals, unit = ''] =
    /^([+-]?)(\d+(?:\.(\d+))?)(\p{L}*)$/u.exec(text.trim()) ?? [];
  if (text !== text.trim()) return 'it has leading or trailing spaces';
  if (digits === '') return 'expected a number and a unit';
  if (sign !== '') return 'it must not have a sign';
  if (unit === '') return 'it has no unit';
  const meant = units.find((one) => one.toLowerCase() === unit.toLowerCase());
  if (!units.includes(unit))
    return meant === undefined
      ? `unknown unit ${quote(unit)}`
      : `unknown unit ${quote(unit)}; did you mean ${meant}?`;
  return `${digits} has too many ${decimals === undefined ? 'digits' : 'decimals'}`;
}

/** Bytes, or a string such as `512MiB` or `2GB`. */
export type ByteSize = number | string;

const bytesPer: Record<string, number> = {
  B: 1,
  kB: 1e3,
  MB: 1e6,
  GB: 1e9,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
};

/** The form of a size: a number and a unit. */
export const byteSizeShape = /^(\d{1,12}(?:\.\d{1,3})?)(B|kB|MB|GB|KiB|MiB|GiB)$/;

/**
 * Bytes in a size such as `512MiB` or `1.5GB`: one decimal number and one unit. INVALID_INPUT for
 * anything else.
 */
export function parseByteSize(text: string): number {
  const parts = byteSizeShape.exec(text);
  const bytes = Math.round(Number(parts?.[1]) * (bytesPer[parts?.[2] ?? ''] ?? Number.NaN));
  if (Number.isSafeInteger(bytes)) return bytes;
  const why = whyUnreadable(text, Object.keys(bytesPer));
  throw new MlregError('INVALID_INPUT', `invalid size ${quote(text)}: ${why}`, {
    hint: 'use for example 512MiB or 2GiB (units: B, kB, MB, GB, KiB, MiB, GiB)',
  });
}

/** Milliseconds, or a string such as `250ms`, `10s` or `2m`. */
export type Duration = number | string;

const millisecondsPer: Record<string, number> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: 1e3,
  m: 60e3,
  h: 3600e3,
  d: 86_400e3,
};
const longestDays = 36_500;

/** The form of a duration: a number and a unit, or `0`. */
export const durationShape = /^(?:0|(\d{1,15}(?:\.\d{1,9})?)(ns|us|\u00b5s|\u03bcs|ms|s|m|h|d))$/;

/**
 * Milliseconds in a duration such as `10s`, `250ms` or `1.5h`: one decimal number and one unit. The
 * unit is required, except for `0`. INVALID_INPUT for anything else, negative durations and more
 * than a hundred years.
 */
export function parseDuration(text: string): number {
  if (text === '0') return 0;
  const parts = durationShape.exec(text);
  const milliseconds = Number(parts?.[1]) * (millisecondsPer[parts?.[2] ?? ''] ?? Number.NaN);
  if (milliseconds <= longestDays * 86_400e3) return trim(milliseconds);
  throw new MlregError(
    'INVALID_INPUT',
    Number.isNaN(milliseconds)
      ? `invalid duration ${quote(text)}: ${whyUnreadable(text, Object.keys(millisecondsPer))}`
      : `invalid duration ${quote(text)}: the limit is ${longestDays} days`,
    { hint: 'use for example 250ms, 10s, 2m, 24h or 7d (units: ns, us, ms, s, m, h, d)' },
  );
}

/**
 * A duration in the largest unit that keeps it at 1 or more, with three significant digits: `1.5s`,
 * `20ms`, `7us`.
 */
export function formatDuration(milliseconds: number): string {
  if (milliseconds === 0) return '0s';
  for (const unit of ['d', 'h', 'm', 's', 'ms', 'us', 'ns']) {
    const amount = milliseconds / (millisecondsPer[unit] ?? 1);
    if (Math.abs(amount) >= 1 || unit === 'ns') return `${significant(amount)}${unit}`;
  }
  return `${milliseconds}ms`;
}

/** With at most as many decimals as `parseDuration` accepts. */
function significant(amount: number): string {
  return shownResult(Number(amount.toFixed(9)), 3);
}

/** Removes the error of binary multiplication: 1.1 × 60,000 is 66,000. */
function trim(milliseconds: number): number {
  return Number(milliseconds.toPrecision(15));
}
