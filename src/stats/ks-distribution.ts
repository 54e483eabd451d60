import { binomialPmf } from './distributions.ts';

/**
 * P(Dₙ ≥ d) of the two-sided one-sample Kolmogorov-Smirnov statistic, by the same choice of methods
 * as `scipy.stats.kstwo.sf`: within 1e-9 of it. Sources: R. Simard and P. L'Ecuyer, "Computing the
 * two-sided Kolmogorov-Smirnov distribution" (2011); for d close to 0 and 1, H. Ruben and J.
 * Gambino (1982).
 *
 * @param n whole and positive
 */
export function kolmogorovGreater(n: number, d: number): number {
  const reach = n * d;
  if (reach <= 0.5) return 1;
  if (d >= 1) return 0;
  // n!/nⁿ is less than a double can hold for larger n.
  if (reach <= 1) return n > 1000 ? 1 : 1 - Math.exp(logFactorialOverPower(n) + n * Math.log(2 * reach - 1));
  if (reach >= n - 1) return clip(2 * (1 - d) ** n);
  const square = reach * d;
  if (square >= 370 && n > 140) return 0;
  if (d >= 0.5 || square >= (n <= 140 ? 4 : 2.2)) return clip(2 * smirnovGreater(n, d));
  if (n <= 140 || (n <= 100_000 && n * d ** 1.5 <= 1.4)) return clip(1 - durbin(n, d));
  return clip(1 - pelzGood(n, d));
}

function clip(probability: number): number {
  return Math.min(1, Math.max(0, probability));
}

/** log(n!/nⁿ). */
function logFactorialOverPower(n: number): number {
  let sum = 0;
  for (let factor = 1; factor <= n; factor++) sum += Math.log(factor / n);
  return sum;
}

/** Above this, scipy takes the limit of the tail, too. */
const mostSummed = 1e6;
/** Of longer sums, which are smooth, every so many-th term stands for its neighbours. */
const mostTerms = 2 ** 15;

/**
 * P(Dₙ⁺ ≥ d) of the one-sided statistic, as a sum of binomial probabilities. Sources: Z. Birnbaum
 * and F. Tingey (1951); for n above a million U. Maag and G. Dicaire, "On Kolmogorov-Smirnov type
 * one-sample statistics" (1971).
 */
function smirnovGreater(n: number, d: number): number {
  if (n > mostSummed) return Math.exp(-((6 * n * d + 1) ** 2) / (18 * n));
  const last = Math.floor(n * (1 - d));
  const step = Math.max(1, Math.floor(n / mostTerms));
  let sum = 0;
  for (let at = 0; at <= last; at += step) {
    const p = d + at / n;
    sum += binomialPmf(at, n, p) / p;
  }
  return d * step * sum;
}

/**
 * P(Dₙ ≤ d) by powers of a matrix. Sources: J. Durbin (1968); G. Marsaglia, W. W. Tsang and J.
 * Wang, "Evaluating Kolmogorov's distribution" (2003).
 */
function durbin(n: number, d: number): number {
  const k = Math.ceil(n * d);
  const size = 2 * k - 1;
  let power = transitions(k, k - n * d);
  let result: Float64Array | null = null;
  /** Both are held times a power of two. */
  let [powerExponent, exponent] = [0, 0];
  for (let left = n; left > 0; left = Math.floor(left / 2)) {
    if (left % 2 === 1) {
      result = result === null ? power.slice() : multiply(result, power, size);
      exponent += powerExponent;
    }
    power = multiply(power, power, size);
    powerExponent *= 2;
    if ((power[(k - 1) * size + k - 1] ?? 0) > 2 ** 128) {
      power = power.map((value) => value * 2 ** -128);
      powerExponent += 128;
    }
  }
  let probability = result?.[(k - 1) * size + k - 1] ?? 0;
  for (let factor = 1; factor <= n; factor++) {
    probability *= factor / n;
    if (probability < 2 ** -128) {
      probability *= 2 ** 128;
      exponent -= 128;
    }
  }
  // In two steps: the power alone may be no double.
  const half = Math.trunc(exponent / 2);
  return probability * 2 ** half * 2 ** (exponent - half);
}

function transitions(k: number, h: number): Float64Array {
  const size = 2 * k - 1;
  const inverse = new Float64Array(size + 1).fill(1);
  for (let at = 1; at <= size; at++) inverse[at] = (inverse[at - 1] ?? 0) / at;
  const matrix = new Float64Array(size * size);
  for (let row = 0; row < size; row++)
    for (let column = 1; column <= Math.min(size - 1, row + 1); column++)
      matrix[row * size + column] = inverse[row + 1 - column] ?? 0;
  for (let row = 0; row < size; row++) {
    const edge = row < size - 1 ? 1 - h ** (row + 1) : 1 - 2 * h ** size + Math.max(2 * h - 1, 0) ** size;
    const value = edge * (inverse[row + 1] ?? 0);
    matrix[row * size] = value;
    matrix[(size - 1) * size + (size - 1 - row)] = value;
  }
  return matrix;
}

function multiply(left: Float64Array, right: Float64Array, size: number): Float64Array {
  const product = new Float64Array(size * size);
  for (let row = 0; row < size; row++)
    for (let inner = 0; inner < size; inner++) {
      const factor = left[row * size + inner] as number;
      if (factor === 0) continue;
      for (let column = 0; column < size; column++)
        product[row * size + column]! += factor * (right[inner * size + column] as number);
    }
  return product;
}

/**
 * P(Dₙ ≤ d) for large n, by the limit and three corrections to it. Source: W. Pelz and I. J. Good,
 * "Approximating the lower tail-areas of the Kolmogorov-Smirnov one-sample statistic" (1976), with
 * 216 where the paper's second sum of K₃ has a misprint.
 */
function pelzGood(n: number, d: number): number {
  const z = Math.sqrt(n) * d;
  const pi2 = Math.PI ** 2;
  if (-pi2 / 8 / z ** 2 < -708) return 0;
  const q = Math.exp(-pi2 / 8 / z ** 2);
  const [z2, z4, z6, z8] = [z ** 2, z ** 4, z ** 6, z ** 8];
  const sums = [0, 0, 0, 0];
  const last = Math.ceil((16 * z) / Math.PI);
  for (let k = last; k > 0; k--) {
    const m2 = (2 * k - 1) ** 2;
    const [m4, m6] = [m2 ** 2, m2 ** 3];
    const terms = [
      1,
      -z2 + (pi2 / 4) * m2,
      6 * z6 + 2 * z4 + ((2 * z4 - 5 * z2) * pi2 * m2) / 4 + (pi2 ** 2 * (1 - 2 * z2) * m4) / 16,
      -30 * z6 -
        90 * z8 +
        (pi2 * (135 * z4 - 96 * z6) * m2) / 4 +
        (pi2 ** 2 * (-60 * z2 + 212 * z4) * m4) / 16 +
        (pi2 ** 3 * (5 - 30 * z2) * m6) / 64,
    ];
    const power = q ** (8 * k);
    for (const [at, term] of terms.entries()) sums[at] = (sums[at] ?? 0) * power + term;
  }
  const root = Math.sqrt(2 * Math.PI);
  const [k0 = 0, k1 = 0, k2 = 0, k3 = 0] = sums.map((sum) => sum * q * root);
  let [second, third] = [0, 0];
  for (let k = last; k > 0; k--) {
    const power = k ** 2 * Math.exp((-pi2 / 2 / z2) * k ** 2);
    second += power;
    third += (3 * z2 - pi2 * k ** 2) * power;
  }
  return (
    k0 / z +
    k1 / (6 * z4) / Math.sqrt(n) +
    (k2 / (72 * z ** 7) - (second * pi2 * root) / (36 * z ** 3)) / n +
    (k3 / (6480 * z ** 10) + (third * pi2 * root) / (216 * z6)) / n ** 1.5
  );
}
