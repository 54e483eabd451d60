/** The first four moments of some numbers: `m2` to `m4` are sums of powers of their distances to the mean. */
export interface Moments {
  n: number;
  mean: number;
  m2: number;
  m3: number;
  m4: number;
}

export const noMoments: Moments = { n: 0, mean: 0, m2: 0, m3: 0, m4: 0 };

/** In two passes, so that little is lost where numbers are far from 0. */
export function momentsOf(values: Float64Array): Moments {
  const n = values.length;
  if (n === 0) return noMoments;
  // A scale keeps sums of huge numbers finite.
  let sum = 0;
  for (let at = 0; at < n; at++) sum += (values[at] as number) / n;
  let off = 0;
  for (let at = 0; at < n; at++) off += ((values[at] as number) - sum) / n;
  const mean = sum + off;
  let [m2, m3, m4] = [0, 0, 0];
  for (let at = 0; at < n; at++) {
    const distance = (values[at] as number) - mean;
    const square = distance * distance;
    m2 += square;
    m3 += square * distance;
    m4 += square * square;
  }
  return { n, mean, m2, m3, m4 };
}

/**
 * The moments of both together, by Pébay, "Formulas for robust, one-pass parallel computation of
 * covariances and arbitrary-order statistical moments" (Sandia, 2008).
 */
export function mergeMoments(a: Moments, b: Moments): Moments {
  if (a.n === 0) return b;
  if (b.n === 0) return a;
  const n = a.n + b.n;
  const d = b.mean - a.mean;
  const [p, q] = [a.n / n, b.n / n];
  return {
    n,
    mean: a.mean + d * q,
    m2: a.m2 + b.m2 + d * d * p * b.n,
    m3: a.m3 + b.m3 + d ** 3 * p * b.n * (p - q) + 3 * d * (p * b.m2 - q * a.m2),
    m4:
      a.m4 +
      b.m4 +
      d ** 4 * p * b.n * (p * p - p * q + q * q) +
      6 * d * d * (p * p * b.m2 + q * q * a.m2) +
      4 * d * (p * b.m3 - q * a.m3),
  };
}

export interface Shape {
  mean: number | null;
  std: number | null;
  skewness: number | null;
  kurtosis: number | null;
}

/**
 * Mean and population standard deviation, and the biased skewness and excess kurtosis, as
 * scipy.stats has them. Null where it is undefined: no number, no spread, or too large.
 */
export function shapeOf({ n, mean, m2, m3, m4 }: Moments): Shape {
  if (n === 0) return { mean: null, std: null, skewness: null, kurtosis: null };
  const variance = m2 / n;
  // As scipy: what is left of rounding is no spread.
  const isFlat = variance <= (Number.EPSILON * mean) ** 2;
  return {
    mean: finite(mean),
    std: finite(Math.sqrt(variance)),
    skewness: isFlat ? null : finite(m3 / n / variance ** 1.5),
    kurtosis: isFlat ? null : finite(m4 / n / variance ** 2 - 3),
  };
}

function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}
