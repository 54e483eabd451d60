import { powersOfTen } from './float-text.ts';

/** More than any number takes as text. */
export const longestNumber = 32;

const [minus, dot, zero, lowerE] = [45, 46, 48, 101];
const bits = new Float32Array(1);
const words = new Uint32Array(bits.buffer);
const smallestNormal = 2 ** -126;
const fractionBits = 2 ** 23 - 1;
/** More than any sum of a few roundings of numbers below 2^30. */
const margin = 1e-5;

/** Of each biased exponent of a normal float32: that power of two, and its decimal exponent. */
const binary = Array.from({ length: 255 }, (_, biased) => {
  const power = 2 ** (biased - 127);
  return { power, decimal: Number(power.toExponential().split('e')[1]) };
});
/** The next power of ten. */
const limitOf = Float64Array.from(binary, ({ decimal }) => Number(`1e${decimal + 1}`));
/** Of the numbers with a biased exponent that are below that, and then of those above. */
const halves = binary.flatMap(({ power, decimal }) => [
  { power, exponent: decimal },
  { power, exponent: decimal + 1 },
]);
const exponentOf = Int8Array.from(halves, ({ exponent }) => exponent);
/** The power of ten that gives them nine digits before the point. */
const scaleOf = Float64Array.from(halves, ({ exponent }) => Number(`1e${8 - exponent}`));
/** Half of the distance to the next float32, scaled. */
const halfStepOf = Float64Array.from(
  halves,
  ({ power, exponent }) => power * 2 ** -24 * Number(`1e${8 - exponent}`),
);
/** 10^(9 - digits), and the inverse. */
const stepOf = Float64Array.from({ length: 10 }, (_, digits) => 10 ** (9 - digits));
const perStepOf = Float64Array.from(stepOf, (step) => 1 / step);
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
  bits[0] = value;
  return writeFloat32Of(out, at, bits, 0);
}

/** The same for an element: a call that is given a number itself leaves an object behind. */
export function writeFloat32Of(out: Uint8Array, at: number, floats: Float32Array, index: number): number {
  const value = floats[index] as number;
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
  bits[0] = size;
  const word = words[0] as number;
  const biased = word >>> 23;
  const at2 = 2 * biased + Number(size >= (limitOf[biased] as number));
  const exponent = exponentOf[at2] as number;
  const scaled = size * (scaleOf[at2] as number);
  const isPower = (word & fractionBits) === 0;
  // What is less than this away is read back as the same. Below a power of two, floats are closer.
  const halfStep = (halfStepOf[at2] as number) * (isPower ? 0.5 : 1);
  // How far the number is from what it is with eight, seven and six digits. Without branches, which
  // nobody could predict.
  const off8 = Math.abs(Math.floor(scaled * 0.1 + 0.5) * 10 - scaled) - halfStep;
  const off7 = Math.abs(Math.floor(scaled * 0.01 + 0.5) * 100 - scaled) - halfStep;
  const off6 = Math.abs(Math.floor(scaled * 0.001 + 0.5) * 1000 - scaled) - halfStep;
  let digits = 9 - Number(off8 < 0) - Number(off7 < 0) - Number(off6 < 0);
  if (
    Math.abs(off8) < margin ||
    Math.abs(off7) < margin ||
    Math.abs(off6) < margin ||
    (isPower && digits > 6)
  )
    return writeSlowly(out, at, size);
  const mantissa =
    (Math.floor(scaled * (perStepOf[digits] as number) + 0.5) * (stepOf[digits] as number)) | 0;
  // Six digits always survive: those that are shorter end in zeros.
  if (digits === 6)
    for (let rest = (mantissa / 1000) | 0; rest > 0 && rest % 10 === 0; rest = (rest / 10) | 0) digits--;
  // Rounded up to the next power of ten.
  if (mantissa >= 1e9) return writeSlowly(out, at, size);
  if (exponent < -6) {
    writeNine(out, at + 1, mantissa);
    out[at] = out[at + 1] as number;
    out[at + 1] = dot;
    at += digits > 1 ? digits + 1 : 1;
    out[at++] = lowerE;
    out[at++] = minus;
    return writeDigits(out, at, -exponent);
  }
  if (exponent < 0) {
    out[at] = zero;
    out[at + 1] = dot;
    for (let place = at + 2; place < at + 7; place++) out[place] = zero;
    at += 1 - exponent;
    writeNine(out, at, mantissa);
    return at + digits;
  }
  const whole = exponent + 1;
  if (digits <= whole) {
    writeNine(out, at, mantissa);
    for (let count = digits; count < whole; count++) out[at + count] = zero;
    return at + whole;
  }
  writeNine(out, at + 1, mantissa);
  for (let count = 0; count < whole; count++) out[at + count] = out[at + count + 1] as number;
  out[at + whole] = dot;
  return at + digits + 1;
}

/** An integer of nine digits. */
function writeNine(out: Uint8Array, at: number, value: number): void {
  const high = (value / 10000) | 0;
  const low = value - high * 10000;
  const first = (high / 10000) | 0;
  const middle = high - first * 10000;
  const second = (middle / 100) | 0;
  const third = middle - second * 100;
  const fourth = (low / 100) | 0;
  const fifth = low - fourth * 100;
  out[at] = zero + first;
  out[at + 1] = tens[second] as number;
  out[at + 2] = ones[second] as number;
  out[at + 3] = tens[third] as number;
  out[at + 4] = ones[third] as number;
  out[at + 5] = tens[fourth] as number;
  out[at + 6] = ones[fourth] as number;
  out[at + 7] = tens[fifth] as number;
  out[at + 8] = ones[fifth] as number;
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
