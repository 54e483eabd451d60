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
