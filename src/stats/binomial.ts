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
