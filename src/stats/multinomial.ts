import { nextDouble, type RandomUint32 } from '../core/seeded-random.ts';
import { binomialPmf } from './distributions.ts';

/**
 * Draws as many things as `counts` has, with replacement, and counts in `drawn` how many are of
 * each kind. That is what drawing the things one by one gives, in a time that depends on the number
 * of kinds only: each kind has a binomial number of what is left. Source: L. Devroye, "Non-uniform
 * random variate generation" (1986), XI.1.5.
 *
 * @param drawn as long as `counts`
 */
export function drawMultinomial(random: RandomUint32, counts: ArrayLike<number>, drawn: Uint32Array): void {
  let things = 0;
  for (let kind = 0; kind < counts.length; kind++) things += counts[kind] ?? 0;
  let left = things;
  for (let kind = 0; kind < counts.length; kind++) {
    const own = counts[kind] ?? 0;
    const count = own >= things ? left : drawBinomial(random, left, own / things);
    drawn[kind] = count;
    left -= count;
    things -= own;
  }
}

/** Below this mean, counting up from 0 is faster than rejection, which is not made for it. */
const smallMean = 10;

/**
 * A draw from Bin(n, p). Sources: for a small mean, inversion by the recurrence of the
 * probabilities; else W. Hörmann, "The generation of binomial random variates" (1993), BTRS.
 */
export function drawBinomial(random: RandomUint32, n: number, p: number): number {
  if (n === 0 || p <= 0) return 0;
  if (p >= 1) return n;
  if (p > 0.5) return n - drawBinomial(random, n, 1 - p);
  return n * p < smallMean ? byInversion(random, n, p) : byRejection(random, n, p);
}

function byInversion(random: RandomUint32, n: number, p: number): number {
  const odds = p / (1 - p);
  let probability = Math.exp(n * Math.log1p(-p));
  let left = nextDouble(random) - probability;
  let count = 0;
  while (left >= 0 && count < n) {
    count++;
    probability *= ((n - count + 1) / count) * odds;
    left -= probability;
  }
  return count;
}

function byRejection(random: RandomUint32, n: number, p: number): number {
  const deviation = Math.sqrt(n * p * (1 - p));
  const b = 1.15 + 2.53 * deviation;
  const a = -0.0873 + 0.0248 * b + 0.01 * p;
  const acceptance = 0.92 - 4.2 / b;
  const alpha = (2.83 + 5.1 / b) * deviation;
  const highest = binomialPmf(Math.floor((n + 1) * p), n, p);
  for (;;) {
    const u = nextDouble(random) - 0.5;
    const v = nextDouble(random);
    const distance = 0.5 - Math.abs(u);
    const count = Math.floor(((2 * a) / distance + b) * u + n * p + 0.5);
    if (distance >= 0.07 && v <= acceptance) return count;
    if (count < 0 || count > n) continue;
    if ((v * alpha) / (a / (distance * distance) + b) <= binomialPmf(count, n, p) / highest) return count;
  }
}
