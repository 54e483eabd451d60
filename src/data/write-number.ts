import { powersOfTen } from './float-text.ts';

/** More than any number takes as text. */
export const longestNumber = 32;

const [minus, dot, zero, lowerE] = [45, 46, 48, 101];
const bits = new Float32Array(1);
const words = new Uint32Array(bits.buffer);
/** Two roundings of a double are off by less than this. */
const slack = 4e-16;
const smallestNormal = 2 ** -126;
const mostPower = 60;
/** Powers of ten from -60 to 60, each within half a unit in the last place. */
const scales = Float64Array.from({ length: 2 * mostPower + 1 }, (_, at) => Number(`1e${at - mostPower}`));
/** The characters of the numbers from 0 to 99. */
const tens = Uint8Array.from({ length: 100 }, (_, pair) => zero + Math.floor(pair / 10));
const ones = Uint8Array.from({ length: 100 }, (_, pair) => zero + (pair % 10));

/** Writes an ASCII text; returns where it ends. */
export function writeAscii(out: Uint8Array, at: number, text: string): number {
  for (let index = 0; index < text.length; index++) out[at + index] = text.charCodeAt(index);
  return at + text.length;
}

/**
 * Writes a float32 with the fewest digits that `Math.fround(Number(text))` reads back, in the form
 * of JavaScript (`0.1`, `1e-7`), and NaN and infinities as NumPy does. Returns where it ends.
 */
export function writeFloat32(out: Uint8Array, at: number, value: number): number {
  if (value === 0) {
    if (Object.is(value, -0)) out[at++] = minus;
    out[at] = zero;
    return at + 1;
  }
  let size = value;
  if (value < 0) {
    out[at++] = minus;
    size = -value;
  }
  if (size < 16777216 && size === Math.floor(size)) return writeDigits(out, at, size);
  // Also false for NaN.
  if (!(size >= smallestNormal && size < 1e15)) return writeSlowly(out, at, size);
  // The decimal exponent: by the binary one, and one up if that was too low.
  bits[0] = size;
  let exponent = Math.floor((((words[0] as number) >>> 23) - 127) * 0.30102999566398);
  if (scale(size, -exponent) >= 10) exponent++;
  let digits = 8;
  let mantissa = Math.round(scale(size, 7 - exponent));
  if (isRead(mantissa, exponent - 7, size)) {
    while (digits > 6) {
      const fewer = Math.round(scale(size, digits - 2 - exponent));
      if (!isRead(fewer, exponent - digits + 2, size)) break;
      mantissa = fewer;
      digits--;
    }
    // Six digits always survive: those that are shorter end in zeros.
    if (digits === 6)
      while (mantissa % 10 === 0) {
        mantissa /= 10;
        digits--;
      }
  } else {
    digits = 9;
    mantissa = Math.round(scale(size, 8 - exponent));
    if (!isRead(mantissa, exponent - 8, size)) return writeSlowly(out, at, size);
  }
  if (mantissa >= (powersOfTen[digits] as number)) {
    // Rounded up to the next power of ten.
    return writeSlowly(out, at, size);
  }
  if (exponent >= -6) {
    if (exponent < 0) {
      out[at++] = zero;
      out[at++] = dot;
      for (let count = exponent + 1; count < 0; count++) out[at++] = zero;
      return writeFixed(out, at, mantissa, digits);
    }
    const whole = exponent + 1;
    if (digits <= whole) {
      at = writeFixed(out, at, mantissa, digits);
      for (let count = digits; count < whole; count++) out[at++] = zero;
      return at;
    }
    const split = powersOfTen[digits - whole] as number;
    const before = Math.floor(mantissa / split);
    at = writeFixed(out, at, before, whole);
    out[at++] = dot;
    return writeFixed(out, at, mantissa - before * split, digits - whole);
  }
  const power = powersOfTen[digits - 1] as number;
  const first = Math.floor(mantissa / power);
  out[at++] = zero + first;
  if (digits > 1) {
    out[at++] = dot;
    at = writeFixed(out, at, mantissa - first * power, digits - 1);
  }
  out[at++] = lowerE;
  out[at++] = minus;
  return writeDigits(out, at, -exponent);
}

/** `size · 10^power`, in at most two roundings: that of the power, and that of the product. */
function scale(size: number, power: number): number {
  return size * (scales[power + mostPower] as number);
}

function isRead(mantissa: number, power: number, size: number): boolean {
  const value = mantissa * (scales[power + mostPower] as number);
  return Math.fround(value * (1 - slack)) === size && Math.fround(value * (1 + slack)) === size;
}

/** An integer from 0 to 2^31, with as many digits as given, zeros in front. */
function writeFixed(out: Uint8Array, at: number, value: number, digits: number): number {
  let rest = value | 0;
  let place = at + digits - 1;
  for (; place > at; place -= 2) {
    const next = (rest / 100) | 0;
    const pair = rest - next * 100;
    out[place] = ones[pair] as number;
    out[place - 1] = tens[pair] as number;
    rest = next;
  }
  if (place === at) out[at] = zero + rest;
  return at + digits;
}

function writeDigits(out: Uint8Array, at: number, value: number): number {
  let digits = 1;
  while (value >= (powersOfTen[digits] as number)) digits++;
  return writeFixed(out, at, value, digits);
}

function writeSlowly(out: Uint8Array, at: number, size: number): number {
  if (Number.isFinite(size))
    for (let digits = 1; digits <= 9; digits++) {
      const shorter = Number(size.toPrecision(digits));
      if (Math.fround(shorter) === size) return writeAscii(out, at, String(shorter));
    }
  return writeFloat64(out, at, size);
}

/** Writes a double with the fewest digits that are read back as it; NaN and infinities as NumPy. */
export function writeFloat64(out: Uint8Array, at: number, value: number): number {
  const text = Number.isFinite(value)
    ? numberText(value)
    : Number.isNaN(value)
      ? 'NaN'
      : value > 0
        ? 'inf'
        : '-inf';
  return writeAscii(out, at, text);
}

function numberText(value: number): string {
  return Object.is(value, -0) ? '-0' : String(value);
}

/** Writes an integer below 2^31 in size. */
export function writeInteger(out: Uint8Array, at: number, value: number): number {
  if (value >= 0) return writeDigits(out, at, value);
  if (value === -(2 ** 31)) return writeAscii(out, at, '-2147483648');
  out[at] = minus;
  return writeDigits(out, at + 1, -value);
}
