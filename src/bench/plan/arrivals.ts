import { nextDouble, seededRandom } from '../../core/seeded-random.ts';

export interface ArrivalChoices {
  /** Arrivals per second on average. */
  rate: number;
  seed: number;
  /** Counts from 0; each launch has its own arrivals. */
  launch: number;
  /**
   * The schedule ends with the last arrival before this time, or with arrival number `minRuns` if
   * that is later, but never exceeds `maxRuns`.
   */
  minMs: number;
  minRuns: number;
  maxRuns: number;
}

/**
 * The times of a Poisson process, in milliseconds from its start, ascending. The gaps are
 * exponential, so that an arrival says nothing about the next one, as with many independent
 * clients. The same choices give the same times. Source: the server scenario of MLPerf's LoadGen.
 */
export function poissonArrivals({
  rate,
  seed,
  launch,
  minMs,
  minRuns,
  maxRuns,
}: ArrivalChoices): Float64Array {
  const random = seededRandom(seed, `arrivals ${launch}`);
  const times: number[] = [];
  let time = 0;
  while (times.length < maxRuns) {
    // 1 − u lies in (0, 1], so its logarithm is finite.
    time -= (1000 / rate) * Math.log(1 - nextDouble(random));
    if (time >= minMs && times.length >= minRuns) break;
    times.push(time);
  }
  return Float64Array.from(times);
}
