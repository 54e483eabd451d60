/**
 * P(Bin(n, p) = k), to about 14 digits for n up to 10^15: Loader's saddle-point expansion, which
 * never subtracts large logarithms. Source: C. Loader, "Fast and accurate computation of binomial
 * probabilities" (2000).
 */
export function binomialPmf(k: number, n: number, p: number): number {
  if (k < 0 || k > n) return 0;
  if (p <= 0) return k === 0 ? 1 : 0;
  if (p >= 1) return k === n ? 1 : 0;
  if (k === 0) return Math.exp(n * Math.log1p(-p));
  if (k === n) return Math.exp(n * Math.log(p));
  const q = 1 - p;
  const exponent =
    stirlingError(n) - stirlingError(k) - stirlingError(n - k) - deviance(k, n * p) - deviance(n - k, n * q);
  return Math.exp(exponent) * Math.sqrt(n / (2 * Math.PI * k * (n - k)));
}

/**
 * P(Bin(n, p) ≤ k). Adds up the smaller tail outwards from its largest term until the sum no longer
 * changes: a multiple of √(n·p·q) terms, all positive.
 */
export function binomialCdf(k: number, n: number, p: number): number {
  const last = Math.floor(k);
  if (last < 0) return 0;
  if (last >= n) return 1;
  return last < n * p ? lowerTail(last, n, p) : 1 - upperTail(last + 1, n, p);
}

/** P(Bin(n, p) ≥ k), without the cancellation of 1 − CDF. */
export function binomialSurvival(k: number, n: number, p: number): number {
  const first = Math.ceil(k);
  if (first <= 0) return 1;
  if (first > n) return 0;
  return first > n * p ? upperTail(first, n, p) : 1 - lowerTail(first - 1, n, p);
}

function lowerTail(k: number, n: number, p: number): number {
  let term = binomialPmf(k, n, p);
  let sum = term;
  for (let at = k; at > 0; at--) {
    term *= (at * (1 - p)) / ((n - at + 1) * p);
    if (sum + term === sum) break;
    sum += term;
  }
  return Math.min(1, sum);
}

function upperTail(k: number, n: number, p: number): number {
  let term = binomialPmf(k, n, p);
  let sum = term;
  for (let at = k; at < n; at++) {
    term *= ((n - at) * p) / ((at + 1) * (1 - p));
    if (sum + term === sum) break;
    sum += term;
  }
  return Math.min(1, sum);
}

/** log(n!) − log(√(2πn)·(n/e)^n): exact logarithms for small n, Stirling's series beyond. */
function stirlingError(n: number): number {
  if (n < 16) {
    let logFactorial = 0;
    for (let factor = 2; factor <= n; factor++) logFactorial += Math.log(factor);
    return n === 0 ? 0 : logFactorial - ((n + 0.5) * Math.log(n) - n + 0.5 * Math.log(2 * Math.PI));
  }
  const square = n * n;
  return (1 / 12 - (1 / 360 - (1 / 1260 - (1 / 1680 - 1 / 1188 / square) / square) / square) / square) / n;
}

/** x·log(x/mean) + mean − x, as a series if x is near the mean. */
function deviance(x: number, mean: number): number {
  const ratio = (x - mean) / (x + mean);
  if (Math.abs(x - mean) >= 0.1 * (x + mean)) return x * Math.log(x / mean) + mean - x;
  let sum = (x - mean) * ratio;
  let power = 2 * x * ratio;
  for (let j = 1; j < 1000; j++) {
    power *= ratio * ratio;
    const next = sum + power / (2 * j + 1);
    if (next === sum) break;
    sum = next;
  }
  return sum;
}

const central: Rational = [
  [
    2509.0809287301227, 33430.57558358813, 67265.7709270087, 45921.95393154987, 13731.69376550946,
    1971.5909503065513, 133.14166789178438, 3.3871328727963665,
  ],
  [
    5226.495278852854, 28729.085735721943, 39307.89580009271, 21213.794301586597, 5394.196021424751,
    687.1870074920579, 42.31333070160091, 1,
  ],
];
const middle: Rational = [
  [
    0.0007745450142783414, 0.022723844989269184, 0.2417807251774506, 1.2704582524523684, 3.6478483247632045,
    5.769497221460691, 4.630337846156546, 1.4234371107496835,
  ],
  [
    1.0507500716444169e-9, 0.0005475938084995345, 0.015198666563616457, 0.14810397642748008, 0.6897673349851,
    1.6763848301838038, 2.053191626637759, 1,
  ],
];
const far: Rational = [
  [
    2.0103343992922881e-7, 2.7115555687434876e-5, 0.0012426609473880784, 0.026532189526576124,
    0.29656057182850487, 1.7848265399172913, 5.463784911164114, 6.657904643501103,
  ],
  [
    2.0442631033899397e-15, 1.421511758316446e-7, 1.8463183175100548e-5, 0.0007868691311456133,
    0.014875361290850615, 0.1369298809227358, 0.599832206555888, 1,
  ],
];

/** Coefficients from the highest power down, as the doubles nearest to the published ones. */
type Rational = readonly [numerator: readonly number[], denominator: readonly number[]];

/**
 * The z that a standard normal value stays below with probability p, to about 16 digits; infinite
 * at 0 and 1. Source: M. J. Wichura, "Algorithm AS 241: the percentage points of the normal
 * distribution" (1988), PPND16.
 */
export function normalQuantile(p: number): number {
  if (p <= 0) return -Infinity;
  if (p >= 1) return Infinity;
  const offset = p - 0.5;
  if (Math.abs(offset) <= 0.425) return offset * evaluate(central, 0.180625 - offset * offset);
  const tail = Math.sqrt(-Math.log(Math.min(p, 1 - p)));
  const z = tail <= 5 ? evaluate(middle, tail - 1.6) : evaluate(far, tail - 5);
  return offset < 0 ? -z : z;
}

function evaluate([numerator, denominator]: Rational, x: number): number {
  const horner = (coefficients: readonly number[]): number =>
    coefficients.reduce((value, coefficient) => value * x + coefficient, 0);
  return horner(numerator) / horner(denominator);
}
