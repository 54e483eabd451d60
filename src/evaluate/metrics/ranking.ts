import { sortOrder } from '../../stats/sort-order.ts';

/** Rows by the score of one class: those with equal scores share a group, the lowest is 0. */
export interface Ranking {
  /** Rows by ascending score. */
  order: Uint32Array;
  /** The group of each row. */
  group: Uint32Array;
  /** The score of each group, ascending. */
  scores: Float64Array;
}

/**
 * Rows of a class and of all others, by groups of equal scores, ascending. Rows may have weights.
 */
export interface RankedCounts {
  positive: Float64Array;
  negative: Float64Array;
}

export function rank(scores: Float64Array): Ranking {
  const order = sortOrder(scores);
  const group = new Uint32Array(scores.length);
  const distinct = new Float64Array(scores.length);
  let groups = 0;
  let last = Number.NaN;
  for (const row of order) {
    const score = scores[row] ?? 0;
    if (score !== last) distinct[groups++] = last = score;
    group[row] = groups - 1;
  }
  return { order, group, scores: distinct.slice(0, groups) };
}

/**
 * Counts rows of the class `label` and of others in each group; with weights, each row as often as
 * its weight says.
 */
export function countRanked(
  group: Uint32Array,
  groups: number,
  target: Int32Array,
  label: number,
  weights?: Uint32Array,
): RankedCounts {
  const positive = new Float64Array(groups);
  const negative = new Float64Array(groups);
  for (let row = 0; row < target.length; row++) {
    const weight = weights === undefined ? 1 : (weights[row] ?? 0);
    if (weight === 0) continue;
    const counts = target[row] === label ? positive : negative;
    const at = group[row] ?? 0;
    counts[at] = (counts[at] ?? 0) + weight;
  }
  return { positive, negative };
}

/**
 * Area under the ROC curve: the share of pairs of a positive and a negative row in which the
 * positive one has the higher score; equal scores count half. NaN if either kind is missing.
 * Source: J. Hanley and B. McNeil, "The meaning and use of the area under a receiver operating
 * characteristic (ROC) curve" (1982).
 */
export function rocAuc({ positive, negative }: RankedCounts): number {
  let above = 0;
  let positives = 0;
  let negatives = 0;
  for (let at = 0; at < positive.length; at++) {
    const here = negative[at] ?? 0;
    above += (positive[at] ?? 0) * (negatives + here / 2);
    positives += positive[at] ?? 0;
    negatives += here;
  }
  return above / (positives * negatives);
}

/**
 * Average precision: the precision at each score, weighted by the share of positive rows with that
 * score, without interpolation, as scikit-learn has it. NaN without positive rows.
 */
export function averagePrecision({ positive, negative }: RankedCounts): number {
  let sum = 0;
  let hits = 0;
  let misses = 0;
  for (let at = positive.length - 1; at >= 0; at--) {
    const here = positive[at] ?? 0;
    hits += here;
    misses += negative[at] ?? 0;
    if (here > 0) sum += (here * hits) / (hits + misses);
  }
  return sum / hits;
}

/**
 * For each class, the area under the ROC curve of the rows of `label` against those of that class
 * alone; NaN for `label` itself and if either has no rows. Source: D. Hand and R. Till, "A simple
 * generalisation of the area under the ROC curve for multiple class classification problems"
 * (2001).
 *
 * @param ranking by the score of `label`
 */
export function rocAucAgainstEach(
  { order, group }: Ranking,
  target: Int32Array,
  label: number,
  classes: number,
): Float64Array {
  const below = new Float64Array(classes);
  const here = new Float64Array(classes);
  const above = new Float64Array(classes);
  for (let start = 0, end = 0; start < order.length; start = end) {
    const score = group[order[start] ?? 0];
    for (end = start; end < order.length && group[order[end] ?? 0] === score; end++) {
      const of = target[order[end] ?? 0] ?? 0;
      here[of] = (here[of] ?? 0) + 1;
    }
    const own = here[label] ?? 0;
    if (own > 0)
      for (let other = 0; other < classes; other++)
        above[other] = (above[other] ?? 0) + own * ((below[other] ?? 0) + (here[other] ?? 0) / 2);
    for (let at = start; at < end; at++) {
      const of = target[order[at] ?? 0] ?? 0;
      below[of] = (below[of] ?? 0) + 1;
      here[of] = 0;
    }
  }
  const own = below[label] ?? 0;
  return above.map((pairs, other) => (other === label ? Number.NaN : pairs / (own * (below[other] ?? 0))));
}
