import { nextDouble, seededRandom } from '../../core/seeded-random.ts';

export interface ArrivalChoices {
  /** Arrivals per second on average. */
  rate: number;
  seed: number;
  /** From 0; each has arrivals of its own. */
  launch: number;
  /**
   * The last arrival before this time, or the one that makes it `minRuns` if that is later, or
   * `maxRuns` ends the schedule.
   */
  minMs: number;
  minRuns: number;
  maxRuns: number;
}

/**
 * The times of a Poisson process, in milliseconds from its start, ascending: gaps are exponential,
 * so that an arrival says nothing of the next one, as with many independent clients. The same
 * choices give the same times. Source: MLPerf's LoadGen does the same in its server scenario.
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
    // 1 − u lies in (0, 1], whose logarithm is finite.
    time -= (1000 / rate) * Math.log(1 - nextDouble(random));
    if (time >= minMs && times.length >= minRuns) break;
    times.push(time);
  }
  return Float64Array.from(times);
}
