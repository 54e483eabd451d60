import type { DriftMethod } from '../../core/measurements/drift.ts';

/**
 * The method for a column of which nobody has said one, as Evidently chooses it. Source: its
 * registry of tests.
 *
 * @param reference values in the reference
 * @param distinct different values of both sides
 */
export function defaultMethod(
  type: 'numeric' | 'categorical',
  reference: number,
  distinct: number,
): DriftMethod {
  if (reference > 1000) return type === 'numeric' && distinct > 5 ? 'wasserstein' : 'js';
  if (type === 'numeric' && distinct > 5) return 'ks';
  return distinct > 2 ? 'chi2' : 'z';
}

export function defaultThreshold(method: DriftMethod): number {
  return isTest(method) ? 0.05 : 0.1;
}

/** Whether a method gives a p-value; the others are distances. */
export function isTest(method: DriftMethod): boolean {
  return method === 'ks' || method === 'chi2' || method === 'z';
}

/** Whether a p-value or distance says that the column has drifted. */
export function isDrift(method: DriftMethod, score: number, threshold: number): boolean {
  if (!isTest(method)) return score >= threshold;
  return method === 'ks' ? score <= threshold : score < threshold;
}
