import type { BlockPair } from '../../src/stats/bootstrap.ts';
import { nextDouble, type RandomUint32 } from '../../src/core/seeded-random.ts';

/** Standard normal but for the tails beyond 6: the sum of twelve uniform values. */
export function nextNormal(random: RandomUint32): number {
  let sum = -6;
  for (let at = 0; at < 12; at++) sum += nextDouble(random);
  return sum;
}

/**
 * Latencies around 10 ms, log-normal, of which each resembles the one before with autocorrelation
 * `phi` of the logarithms.
 */
export function autoregressive(random: RandomUint32, count: number, phi: number): Float64Array {
  const fresh = Math.sqrt(1 - phi * phi);
  let level = nextNormal(random);
  return Float64Array.from({ length: count }, () => {
    level = phi * level + fresh * nextNormal(random);
    return 10 * Math.exp(0.1 * level);
  });
}

export interface PairNoise {
  pairs: number;
  block: number;
  /** Of the subject, relative to the baseline. */
  slowdown: number;
}

/**
 * The block pairs of one launch as a shared machine makes them: a level of the launch, a drift from
 * pair to pair that both arms share, runs that resemble the one before also across blocks, and a
 * tail of runs that were interrupted. The order within pairs is drawn.
 */
export function noisyPairs(random: RandomUint32, { pairs, block, slowdown }: PairNoise): BlockPair[] {
  let drift = 0.05 * nextNormal(random);
  let noise = 0;
  const measure = (factor: number): Float64Array =>
    Float64Array.from({ length: block }, () => {
      noise = 0.5 * noise + 0.05 * nextNormal(random);
      return factor * Math.exp(drift + noise) * (nextDouble(random) < 0.02 ? 1.5 : 1);
    });
  return Array.from({ length: pairs }, () => {
    drift = 0.9 * drift + 0.03 * nextNormal(random);
    if (nextDouble(random) < 0.5) {
      const subject = measure(slowdown);
      return { subject, baseline: measure(1) };
    }
    const baseline = measure(1);
    return { subject: measure(slowdown), baseline };
  });
}
