import { sumOf } from './sum.ts';

/** Distances between two samples of numbers, each ascending and finite. */
export interface SampleDistances {
  /** The largest difference of the shares of values up to a point, which is the statistic of KS. */
  ks: number;
  /** Area between the shares: W₁, in the unit of the values. */
  wasserstein: number;
}

/**
 * Both distances in one merge of the samples, equal to those of `scipy.stats.ks_2samp` (to the bit)
 * and `scipy.stats.wasserstein_distance`. Source: A. Ramdas, N. García Trillos and M. Cuturi, "On
 * Wasserstein two sample testing" (2017).
 */
export function sampleDistances(reference: Float64Array, current: Float64Array): SampleDistances {
  const [n, m] = [reference.length, current.length];
  let [i, j, ks, area, lost] = [0, 0, 0, 0, 0];
  let value = Math.min(reference[0] as number, current[0] as number);
  while (i < n && j < m) {
    while (i < n && reference[i] === value) i++;
    while (j < m && current[j] === value) j++;
    if (i === n && j === m) break;
    const gap = Math.abs(i / n - j / m);
    if (gap > ks) ks = gap;
    const left = i < n ? (reference[i] as number) : Infinity;
    const right = j < m ? (current[j] as number) : Infinity;
    const next = left < right ? left : right;
    const term = gap * (next - value);
    const sum = area + term;
    lost += area >= term ? area - sum + term : term - sum + area;
    area = sum;
    value = next;
  }
  // What is left belongs to one side: the difference only falls from here.
  for (const [rest, from, size] of [
    [reference, i, n],
    [current, j, m],
  ] as const)
    for (let at = from; at < size; at++) {
      const next = rest[at] as number;
      area += Math.abs(at / size - 1) * (next - value);
      value = next;
    }
  return { ks, wasserstein: area + lost };
}

/** The standard deviation of a whole population, as `numpy.std`. */
export function populationDeviation(values: Float64Array): number {
  const mean = sumOf(values) / values.length;
  let squares = 0;
  for (const value of values) squares += (value - mean) ** 2;
  return Math.sqrt(squares / values.length);
}
