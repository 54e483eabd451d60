import { testMeans, testShares, testValues } from '../stats/difference.ts';
import type { Margin } from '../core/text/margin.ts';
import type { SpecialFunctions } from '../stats/special.ts';
import { together, type MetricNature, type Quality, type UsedWindow } from './series.ts';

/** How p-values are computed. */
export type FallTest =
  /** The pooled z test of two proportions. */
  | 'two proportions'
  /** By the standard errors that follow from the intervals of the evaluations. */
  | 'intervals'
  /** Student's t test, by how much the windows differ among themselves. */
  | 'spread of windows';

/** The last windows against those before them. */
export interface Fall {
  /** Value of the metric in the last windows, and in those of the baseline. */
  recent: number;
  baseline: number;
  /** How much worse the last windows are; below 0: they are better. */
  loss: number;
  /** Two-sided p-value of the hypothesis that both are the same. */
  p: number;
  test: FallTest;
}

/** How much worse `now` is than `before`. */
export function worsening(now: number, before: number, { direction }: MetricNature): number {
  return direction === 'higher' ? before - now : now - before;
}

/** Whether a fall from `before` is at least the smallest one that matters. */
export function matters(loss: number, before: number, { kind, by }: Margin): boolean {
  // 0.93 − 0.92 is below 0.01 in binary.
  const bound = (kind === 'absolute' ? by : by * Math.abs(before)) * (1 - 1e-9);
  return loss > 0 && loss >= bound;
}

/** Compares the last windows with a baseline, all rows of each together. */
export function compareWindows(
  recent: readonly UsedWindow[],
  baseline: readonly UsedWindow[],
  nature: MetricNature,
  functions: SpecialFunctions,
): Fall {
  const [now, before] = [together(recent), together(baseline)];
  const loss = worsening(now.value, before.value, nature);
  const found = { recent: now.value, baseline: before.value, loss };
  if (nature.isShare) {
    const counted = ({ value, labels }: Quality) => ({ hits: Math.round(value * labels), rows: labels });
    return { ...found, p: testShares(counted(now), counted(before), functions), test: 'two proportions' };
  }
  if (now.error !== null && before.error !== null) {
    const [one, other] = [
      { value: now.value, error: now.error },
      { value: before.value, error: before.error },
    ];
    return { ...found, p: testValues(one, other, functions), test: 'intervals' };
  }
  const weighted = ({ value, labels }: Quality) => ({ value, weight: labels });
  const p = testMeans(recent.map(weighted), baseline.map(weighted), functions);
  return { ...found, p, test: 'spread of windows' };
}
