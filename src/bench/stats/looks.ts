import { normalQuantile } from '../../stats/normal-quantile.ts';

/** The runs of each look, as multiples of those of the first look. */
const growth = [1, 2, 4];
export const lastLook = growth.length;
/** The largest number of runs per arm that is still practical. */
const feasible = 1e7;
const power = 0.8;

/** Runs per arm at each look. Every look uses all runs so far. */
export function looksFrom(firstRuns: number): number[] {
  return growth.map((times) => times * firstRuns);
}

/**
 * The probability of error allowed for one look, so that all looks together err with probability
 * alpha at most, however much they depend on each other: alpha divided equally. Sources: O. J.
 * Dunn, "Multiple comparisons among means" (1961), for Bonferroni's inequality; C. Jennison and B.
 * Turnbull, "Group sequential methods" (1999), 2, for why repeated looks need it.
 */
export function alphaPerLook(alpha: number): number {
  return alpha / lastLook;
}

/** A ratio of subject to baseline, its interval, and the allowed increase: 0.05 is 5%. */
export interface RatioInterval {
  ratio: number;
  low: number;
  high: number;
  margin: number;
}

/**
 * Passes if the whole interval lies below 1 + margin, fails if it lies above; undecided if 1 +
 * margin is in it or on its edge.
 */
export function judgeRegression({ low, high, margin }: RatioInterval): 'pass' | 'fail' | 'undecided' {
  if (high < 1 + margin) return 'pass';
  return low > 1 + margin ? 'fail' : 'undecided';
}

/**
 * The smallest relative increase that would have been told from none with a probability of 80%:
 * (z(1 − alpha/2) + z(0.8)) standard errors of the log ratio. Source: the usual power calculation,
 * for example in J. M. Bland, "An introduction to medical statistics", 18.
 *
 * @param alpha that of the interval that decides, so of one look
 */
export function minimumDetectable(logStandardError: number, alpha: number): number {
  return Math.expm1((normalQuantile(1 - alpha / 2) + normalQuantile(power)) * logStandardError);
}

/**
 * Runs per arm after which the interval would exclude the margin, if the ratio stays the same and
 * the interval shrinks by √n, on the log scale. Null: the ratio is so near the margin that no
 * feasible number is enough. At most `runs` if the interval excludes the margin already.
 */
export function needsRuns(runs: number, { ratio, low, high, margin }: RatioInterval): number | null {
  const distance = Math.log((1 + margin) / ratio);
  const reach = distance > 0 ? Math.log(high / ratio) : Math.log(ratio / low);
  const needed = Math.floor(runs * (Math.max(0, reach) / distance) ** 2) + 1;
  return needed <= feasible ? needed : null;
}
