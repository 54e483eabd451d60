/** Rows of each side by bin or category, in the same order; each side has at least one. */
export interface BinnedCounts {
  reference: ArrayLike<number>;
  current: ArrayLike<number>;
}

export interface Divergences {
  /** Σ (r − c)·ln(r/c), with empty bins filled. */
  psi: number;
  /** Σ r·ln(r/c) of the filled shares, made to add up to 1 again. */
  kl: number;
  /** Square root of the Jensen-Shannon divergence, base e. */
  js: number;
  /** Between 0 and 1. */
  hellinger: number;
}

/**
 * Distances between the shares of two samples. PSI and Kullback-Leibler are infinite where one side
 * has an empty bin: that one counts as a millionth of the side's smallest share if this is at most
 * 1e-4, else as 1e-4. Sources: S. Kullback and R. Leibler (1951); J. Lin, "Divergence measures based
 * on the Shannon entropy" (1991); E. Hellinger (1909).
 */
export function divergences(counts: BinnedCounts): Divergences {
  const r = shares(counts.reference);
  const c = shares(counts.current);
  const [filledR, filledC] = [fillEmpty(r), fillEmpty(c)];
  const [sumR, sumC] = [total(filledR), total(filledC)];
  let [psi, kl, left, right, squares] = [0, 0, 0, 0, 0];
  for (let bin = 0; bin < r.length; bin++) {
    const [p, q] = [r[bin] as number, c[bin] as number];
    const [fullP, fullQ] = [filledR[bin] as number, filledC[bin] as number];
    // Neither side has it; the sums would add 0 of it, or fill both.
    if (fullP !== fullQ) psi += (fullP - fullQ) * Math.log(fullP / fullQ);
    kl += (fullP / sumR) * Math.log(fullP / sumR / (fullQ / sumC));
    const middle = (p + q) / 2;
    if (p > 0) left += p * Math.log(p / middle);
    if (q > 0) right += q * Math.log(q / middle);
    squares += (Math.sqrt(p) - Math.sqrt(q)) ** 2;
  }
  // Rounding can leave a little less than nothing.
  return {
    psi,
    kl: Math.max(0, kl),
    js: Math.sqrt(Math.max(0, left + right) / 2),
    hellinger: Math.min(1, Math.sqrt(squares / 2)),
  };
}

function shares(counts: ArrayLike<number>): Float64Array {
  const own = Float64Array.from(counts);
  const all = total(own);
  return own.map((count) => count / all);
}

function total(values: Float64Array): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum;
}

/** The smallest share that counts as usual. */
const small = 1e-4;

function fillEmpty(values: Float64Array): Float64Array {
  let least = Infinity;
  for (const value of values) if (value > 0 && value < least) least = value;
  const fill = least <= small ? least / 1e6 : small;
  return values.map((value) => (value === 0 ? fill : value));
}
