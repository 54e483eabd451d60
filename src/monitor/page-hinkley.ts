import type { Margin } from '../core/text/margin.ts';
import { spread, weightedMean, type WeightedValue } from '../stats/difference.ts';
import type { SpecialFunctions } from '../stats/special.ts';
import { compareWindows, matters, worsening } from './fall.ts';
import type { Firing } from './rule.ts';
import type { MetricNature, UsedWindow } from './series.ts';

/** Falls of a window below the mean that are not counted, and the sum that is too much, in standard errors. */
const allowance = 0.5;
const threshold = 8;
/** Windows before the first that can be judged. */
const fewestBefore = 3;

/**
 * The Page-Hinkley test: the sum of how far each window is below the mean of all before it, in
 * standard errors and less an allowance; it fires when the sum is far above its lowest value. It
 * begins anew after it fired. Sources: E. Page, "Continuous inspection schemes" (1954); D. Hinkley,
 * "Inference about the change-point from cumulative sum tests" (1971).
 */
export function pageHinkley(
  windows: readonly UsedWindow[],
  loss: Margin,
  nature: MetricNature,
  functions: SpecialFunctions,
): (Firing | null)[] {
  let start = 0;
  let sum = 0;
  let lowest = { sum: 0, at: fewestBefore };
  return windows.map((window, at) => {
    const before = windows.slice(start, at);
    if (before.length < fewestBefore) return null;
    const weighted = before.map(({ value, labels }) => ({ value, weight: labels }));
    const { mean, weight } = weightedMean(weighted);
    const error = errorOf(window, { mean, weight, weighted }, nature);
    if (error === 0) return null;
    sum += worsening(window.value, mean, nature) / error - allowance;
    if (sum < lowest.sum) lowest = { sum, at: at + 1 };
    if (sum - lowest.sum <= threshold) return null;
    const change = Math.min(Math.max(lowest.at, start + 1), at);
    const fall = compareWindows(
      windows.slice(change, at + 1),
      windows.slice(start, change),
      nature,
      functions,
    );
    if (!matters(fall.loss, fall.baseline, loss)) return null;
    [start, sum, lowest] = [at + 1, 0, { sum: 0, at: at + 1 + fewestBefore }];
    return { by: 'page-hinkley', fall, falls: null };
  });
}

/** Standard error of the difference of a window and the mean of those before it. */
function errorOf(
  { labels, error }: UsedWindow,
  { mean, weight, weighted }: { mean: number; weight: number; weighted: readonly WeightedValue[] },
  { isShare }: MetricNature,
): number {
  const both = 1 + labels / weight;
  if (isShare) return Math.sqrt((mean * (1 - mean) * both) / labels);
  if (error !== null) return error * Math.sqrt(both);
  return Math.sqrt((spread(weighted, mean) * both) / (weighted.length - 1) / labels);
}
