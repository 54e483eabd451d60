/** A number as people write it: `5`, `-0.1`, `.5`, `1e-4`. */
export const decimal = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;

/**
 * Whether the text is an integer whose digits differ from those of the double it is read as.
 * Fractions may round, as in JSON.
 */
export function isRoundedInteger(text: string): boolean {
  const value = Number(text);
  if (Number.isSafeInteger(value)) return false;
  const written = parts(text);
  if (written === undefined || written.exponent < 0) return false;
  const read = parts(String(value));
  return read?.sign !== written.sign || read.digits !== written.digits || read.exponent !== written.exponent;
}

/**
 * Whether a double has exactly the value of the text: true for 2^64, although the double is printed
 * with other digits.
 */
export function isHeldByDouble(text: string): boolean {
  const value = Number(text);
  return !isRoundedInteger(text) || (Number.isFinite(value) && BigInt(value) === toBigInt(text));
}

/**
 * Below 0, 0 or above 0 if the first number is less than, equal to or greater than the second.
 * Integers of any size are compared exactly, both doubles and texts with the digits of an integer
 * that no double can represent.
 */
export function compareDecimals(one: string | number, other: string | number): number {
  const [a, b] = [exactInteger(one), exactInteger(other)];
  if (a !== undefined && b !== undefined) return a < b ? -1 : a > b ? 1 : 0;
  return one === other ? 0 : Number(one) - Number(other);
}

function exactInteger(value: string | number): bigint | undefined {
  if (typeof value === 'string')
    return isRoundedInteger(value) ? toBigInt(value) : exactInteger(Number(value));
  return Number.isInteger(value) ? BigInt(value) : undefined;
}

/**
 * A limit beyond the range of doubles: longer numbers are compared as doubles, where all of them
 * are infinite.
 */
const mostZeros = 400;

function toBigInt(text: string): bigint | undefined {
  const number = parts(text);
  if (number === undefined || number.exponent < 0 || number.exponent > mostZeros) return undefined;
  return BigInt(`${number.sign}${number.digits}${'0'.repeat(number.exponent)}`);
}

/** The parts of `sign digits × 10^exponent`; the digits have no zeros at either end. */
function parts(text: string): { sign: '' | '-'; digits: string; exponent: number } | undefined {
  const found = /^([+-]?)(\d*)\.?(\d*)(?:e([+-]?\d+))?$/i.exec(text);
  if (found === null) return undefined;
  const [, sign, whole = '', fraction = '', exponent = '0'] = found;
  const significant = `${whole}${fraction}`.replace(/^0+/, '');
  const digits = significant.replace(/0+$/, '');
  if (digits === '') return { sign: '', digits: '0', exponent: 0 };
  const zeros = significant.length - digits.length;
  return {
    sign: sign === '-' ? '-' : '',
    digits,
    exponent: Number(exponent) - fraction.length + zeros,
  };
}

/** Enough digits to tell any two doubles apart. */
const allDigits = 17;
/** Rounding errors of arithmetic appear only after these digits. */
const soundDigits = 12;

/**
 * `0.9759`: a number with `digits` significant digits, without trailing zeros; digits before the
 * point all stay. A number that is not an integer is never shown as one: 0.99996 stays 0.99996, and
 * 1234.56 is 1234.6.
 */
export function shownNumber(value: number, digits: number): string {
  // From 1e21 on, the text would have an exponent.
  if (Number.isInteger(value) && Math.abs(value) < 1e21) return String(value);
  const whole = Number.isInteger(value);
  for (let count = digits; count < allDigits; count += 1) {
    const rounded = Number(value.toPrecision(count));
    // The largest doubles round up to infinity.
    if (!Number.isFinite(rounded)) continue;
    if (whole || !Number.isInteger(rounded)) return String(rounded);
  }
  return String(value);
}

/** As `shownNumber`, for a calculated number: 0.1 + 0.2 is 0.3. */
export function shownResult(value: number, digits: number): string {
  return shownNumber(Number(value.toPrecision(soundDigits)), digits);
}

/** A share as text, `0.05` as `5%`. */
export function percent(share: number, digits = 4): string {
  return `${shownResult(share * 100, digits)}%`;
}

/**
 * How many digits, at least `least`, are needed to show different numbers as different. Differences
 * after the 12th digit count only if `exact`.
 */
export function digitsThatTell(values: readonly number[], least: number, exact: boolean): number {
  const most = exact ? allDigits : soundDigits;
  const kinds = (digits: number): number => new Set(values.map((value) => shownNumber(value, digits))).size;
  const different = kinds(most);
  let digits = least;
  while (digits < most && kinds(digits) < different) digits += 1;
  return digits;
}

/** `1 file`, `2 files`: a number and a noun whose plural ends in s. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
