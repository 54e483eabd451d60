/** A number as people write it: `5`, `-0.1`, `.5`, `1e-4`. */
export const decimal = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;

/**
 * Whether the text is a whole number of other digits than the double that it is read as. A fraction
 * rounds, as JSON does.
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
 * Whether a double has the value of such a text: 2^64 is held, although other digits spell it
 * again.
 */
export function isHeldByDouble(text: string): boolean {
  const value = Number(text);
  return !isRoundedInteger(text) || (Number.isFinite(value) && BigInt(value) === toBigInt(text));
}

/**
 * Below 0, 0 or above 0, as the first number is less than, equal to or more than the second. A
 * whole number of any size is exact, be it a double or the digits of one that no double holds.
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
 * Digits that no double tells apart end there: longer numbers are compared as doubles, all of them
 * infinite.
 */
const mostZeros = 400;

function toBigInt(text: string): bigint | undefined {
  const number = parts(text);
  if (number === undefined || number.exponent < 0 || number.exponent > mostZeros) return undefined;
  return BigInt(`${number.sign}${number.digits}${'0'.repeat(number.exponent)}`);
}

/**
 * sign 0.digits × 10^…: the digits without zeros at either end, and the exponent of the last one.
 */
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
