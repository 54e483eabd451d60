import { kolmogorovGreater } from './ks-distribution.ts';

/** How the p-value was computed. */
export type KsMode = 'exact' | 'asymptotic';

export interface KsResult {
  statistic: number;
  pvalue: number;
  mode: KsMode;
}

/** Samples up to this size are tested exactly. */
const mostExact = 10_000;

/**
 * The two-sided two-sample Kolmogorov-Smirnov test, as `scipy.stats.ks_2samp` with its defaults:
 * exact while both samples have at most 10,000 values, else by the one-sample distribution of
 * nm/(n+m) values, rounded half to even. Source: J. Hodges, "The significance probability of the
 * Smirnov two-sample test" (1958).
 *
 * @param distance the largest difference of the shares of values up to a point
 */
export function ksTest(distance: number, n: number, m: number): KsResult {
  if (Math.max(n, m) <= mostExact) {
    const exact = exactTest(distance, n, m);
    if (exact !== null) return { ...exact, mode: 'exact' };
  }
  const size = roundHalfToEven((n * m) / (n + m));
  // Of one value, on one side, and very many.
  const pvalue = size < 1 ? 1 : kolmogorovGreater(size, distance);
  return { statistic: distance, pvalue, mode: 'asymptotic' };
}

function roundHalfToEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  if (rest !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}

function exactTest(distance: number, n: number, m: number): Omit<KsResult, 'mode'> | null {
  const divisor = gcd(n, m);
  const multiple = (n / divisor) * m;
  const steps = Math.round(distance * multiple);
  const statistic = steps / multiple;
  if (steps === 0) return { statistic, pvalue: 1 };
  const pvalue = n === m ? outsideSquare(n, steps) : outsideBand(n, m, divisor, steps);
  return pvalue >= 0 && pvalue <= 1 ? { statistic, pvalue } : null;
}

/** Share of the lattice paths from (0, 0) to (n, n) that leave |x − y| < h. */
function outsideSquare(n: number, h: number): number {
  let outside = 0;
  for (let k = Math.floor(n / h); k >= 0; k--) {
    let product = 1;
    for (let j = 0; j < h; j++) product = ((n - k * h - j) * product) / (n + k * h + j + 1);
    outside = product * (1 - outside);
  }
  return 2 * outside;
}

/**
 * Share of the lattice paths from (0, 0) to (m, n) that leave |x·n − y·m|/gcd < h: what leaves is
 * counted itself, so that a small share keeps its digits.
 */
function outsideBand(one: number, other: number, divisor: number, h: number): number {
  const [m, n] = [Math.max(one, other), Math.min(one, other)];
  const [mg, ng] = [m / divisor, n / divisor];
  let low = 0;
  let high = Math.min(Math.ceil(h / mg), n + 1);
  let length = high - low;
  /** The share that left, of the paths to each point of the column inside the band. */
  const left = new Float64Array(Math.min(2 * high + 2, n + 1)).fill(1);
  left.fill(0, low, high);
  for (let x = 1; x <= m; x++) {
    const [lastLow, lastLength] = [low, length];
    low = Math.min(Math.max(Math.floor((ng * x - h) / mg) + 1, 0), n);
    high = Math.min(Math.ceil((ng * x + h) / mg), n + 1);
    if (high <= low) return 1;
    let value = low === 0 ? 0 : 1;
    const shift = low - lastLow;
    for (let y = low; y < high; y++) {
      value = ((left[y - low + shift] as number) * x + value * y) / (x + y);
      left[y - low] = value;
    }
    length = high - low;
    if (lastLength > length) left.fill(1, length, lastLength);
  }
  return left[length - 1] as number;
}

function gcd(one: number, other: number): number {
  return other === 0 ? one : gcd(other, one % other);
}
