import { normalQuantile } from '../../stats/normal-quantile.ts';

/** How many times the runs of the first look each look has. */
const growth = [1, 2, 4];
export const lastLook = growth.length;
/** More runs per arm than anyone waits for. */
const feasible = 1e7;
const power = 0.8;

/** Runs per arm at which the comparison is looked at, each time at all runs so far. */
export function looksFrom(firstRuns: number): number[] {
  return growth.map((times) => times * firstRuns);
}

/**
 * What one look may err by, so that all of them together err by at most alpha however much they
 * depend on each other: alpha shared out equally. Sources: O. J. Dunn, "Multiple comparisons among
 * means" (1961), for Bonferroni's inequality; C. Jennison and B. Turnbull, "Group sequential
 * methods" (1999), 2, for why repeated looks need it.
 */
export function alphaPerLook(alpha: number): number {
  return alpha / lastLook;
}

/**
 * A ratio of subject to baseline, the interval it lies in, and the increase that is allowed: 0.05
 * is 5%.
 */
export interface RatioInterval {
  ratio: number;
  low: number;
  high: number;
  margin: number;
}

/**
 * Passes if the whole interval lies below 1 + margin, fails if it lies above; on its edge nothing
 * is decided.
 */
export function judgeRegression({ low, high, margin }: RatioInterval): 'pass' | 'fail' | 'undecided' {
  if (high < 1 + margin) return 'pass';
  return low > 1 + margin ? 'fail' : 'undecided';
}

/**
 * The smallest relative increase that would have been told from none with a probability of 80%:
 * (z(1 − alpha/2) + z(0.8)) standard errors of the log ratio. Source: the usual power calculation,
 * such as in J. M. Bland, "An introduction to medical statistics", 18.
 *
 * @param alpha of the interval that decides, so that of one look
 */
export function minimumDetectable(logStandardError: number, alpha: number): number {
  return Math.expm1((normalQuantile(1 - alpha / 2) + normalQuantile(power)) * logStandardError);
}

/**
 * Runs per arm with which the interval would come off the margin if the ratio stays what it is and
 * the interval shrinks by √n, on the scale of logarithms. Null: the ratio is so near the margin
 * that no feasible number would do. At most `runs` once it has.
 */
export function needsRuns(runs: number, { ratio, low, high, margin }: RatioInterval): number | null {
  const distance = Math.log((1 + margin) / ratio);
  const reach = distance > 0 ? Math.log(high / ratio) : Math.log(ratio / low);
  const needed = Math.floor(runs * (Math.max(0, reach) / distance) ** 2) + 1;
  return needed <= feasible ? needed : null;
}
