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
