import type { Correction } from '../core/measurements/drift.ts';

/**
 * p-values that can be compared with the same threshold as one alone, in the order given. Sources:
 * C. Bonferroni (1936); S. Holm, "A simple sequentially rejective multiple test procedure" (1979);
 * Y. Benjamini and Y. Hochberg, "Controlling the false discovery rate" (1995).
 */
export function correctPvalues(pvalues: readonly number[], correction: Correction): number[] {
  const count = pvalues.length;
  if (correction === 'bonferroni') return pvalues.map((p) => Math.min(1, p * count));
  const order = [...pvalues.keys()].sort((one, other) => (pvalues[one] ?? 0) - (pvalues[other] ?? 0));
  const adjusted = Array.from({ length: count }, () => 1);
  let limit = correction === 'holm' ? 0 : 1;
  for (let step = 0; step < count; step++) {
    const rank = correction === 'holm' ? step : count - 1 - step;
    const at = order[rank] ?? 0;
    const p = pvalues[at] ?? 1;
    limit =
      correction === 'holm'
        ? Math.max(limit, Math.min(1, p * (count - rank)))
        : Math.min(limit, (p * count) / (rank + 1));
    adjusted[at] = limit;
  }
  return adjusted;
}
