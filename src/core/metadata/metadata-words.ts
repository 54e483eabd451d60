import { decimal, isHeldByDouble, isRoundedInteger } from '../text/numbers.ts';
import { MlregError } from '../errors.ts';
import { quote } from '../text/quote.ts';

/** The maximum length of a name in metadata, in UTF-16 code units. */
export const maxKeyLength = 256;

/** Whether a name has what no gate could name. Other names are kept, and shown escaped. */
export function hasControlCharacters(name: string): boolean {
  return /\p{Cc}/u.test(name);
}

/**
 * The value of `--metric k=v`: a finite decimal number. An integer that a double would round is
 * refused.
 */
export function parseMetricValue(value: string, flag: string): number {
  const number = decimal.test(value) ? Number(value) : Number.NaN;
  if (!Number.isFinite(number))
    throw new MlregError('INVALID_INPUT', `${flag}: ${quote(value)} is not a finite number`, {
      hint: 'use a decimal point and no unit: --metric auc=0.93',
    });
  if (isHeldByDouble(value)) return number;
  throw new MlregError('INVALID_INPUT', `${flag}: ${wouldRound(value)}`, { hint: paramKeepsDigits });
}

/** Why this integer cannot be a metric. */
export function wouldRound(digits: string): string {
  const shown = digits.length > 40 ? `${digits.slice(0, 40)}…` : digits;
  return `${shown} does not fit a double (it would become ${String(Number(digits))})`;
}

export const paramKeepsDigits = 'use a param, which keeps all digits';

/**
 * The value of `--param k=v`, and of a word that `--where` compares a param with: a number or
 * boolean if it reads as one without loss, else the text. `2.10` and `12345678901234567890` stay
 * texts.
 */
export function parseParamValue(value: string): string | number | boolean {
  if (value === 'true' || value === 'false') return value === 'true';
  const number = decimal.test(value) ? Number(value) : Number.NaN;
  // A number in scientific notation is never a version or an identifier.
  const lossless = String(number) === value || /^-?\d(?:\.\d*[1-9])?e-?\d+$/i.test(value);
  return Number.isFinite(number) && lossless && !isRoundedInteger(value) ? number : value;
}
