import { classScores, type ClassifiedRows } from './classified-rows.ts';
import { countRanked, rank } from './ranking.ts';

/** A receiver operating characteristic: what follows from taking scores of at least a threshold. */
export interface RocCurve {
  label: string;
  /** Share of the other rows that are taken, ascending from 0 to 1. */
  fpr: number[];
  /** Share of the rows of the class that are taken. */
  tpr: number[];
  /** Descending; the first, which takes nothing, is null. */
  thresholds: (number | null)[];
}

const mostPoints = 200;

/**
 * The curves of these classes, each against all others, with at most 200 points: those between
 * which straight lines stay closest to the whole curve. Without classes that have no scores, no
 * rows, or all of them.
 *
 * @param classes indices into the labels; of two classes usually the second alone
 */
export function rocCurves(rows: ClassifiedRows, classes: readonly number[]): RocCurve[] {
  const scores = classScores(rows);
  return classes.flatMap((label) => {
    const column = scores?.classes.indexOf(label) ?? -1;
    if (scores === null || column === -1) return [];
    const ranking = rank(scores.column(column));
    const groups = ranking.scores.length;
    const { positive, negative } = countRanked(ranking.group, groups, rows.target, label);
    const fpr = shareFromAbove(negative);
    const tpr = shareFromAbove(positive);
    if (Number.isNaN(fpr[0]) || Number.isNaN(tpr[0])) return [];
    const points = farthestPoints(fpr, tpr, mostPoints);
    return [
      {
        label: rows.labels[label] ?? '',
        fpr: points.map((at) => fpr[at] ?? 0),
        tpr: points.map((at) => tpr[at] ?? 0),
        thresholds: points.map((at) => (at === 0 ? null : (ranking.scores[groups - at] ?? null))),
      },
    ];
  });
}

/** The share of all in the highest 0, 1, … groups; NaN if there are none. */
function shareFromAbove(counts: Float64Array): Float64Array {
  const sums = new Float64Array(counts.length + 1);
  for (let at = 1; at < sums.length; at++) sums[at] = (sums[at - 1] ?? 0) + (counts[counts.length - at] ?? 0);
  const all = sums.at(-1) ?? 0;
  return sums.map((sum) => sum / all);
}

interface Stretch {
  from: number;
  to: number;
  /** The point between both that is farthest from the line between them. */
  farthest: number;
  distance: number;
}

/**
 * The ends of a curve and the points that are farthest from the lines between those taken so far,
 * ascending, until nothing is off any line. Source: D. Douglas and T. Peucker, "Algorithms for the
 * reduction of the number of points required to represent a digitized line" (1973).
 */
function farthestPoints(x: Float64Array, y: Float64Array, most: number): number[] {
  const stretch = (from: number, to: number): Stretch => {
    const [dx, dy] = [(x[to] ?? 0) - (x[from] ?? 0), (y[to] ?? 0) - (y[from] ?? 0)];
    const length = Math.hypot(dx, dy);
    let [farthest, distance] = [from, 0];
    for (let at = from + 1; at < to; at++) {
      const off = Math.abs(((x[at] ?? 0) - (x[from] ?? 0)) * dy - ((y[at] ?? 0) - (y[from] ?? 0)) * dx);
      if (off > distance * length) [farthest, distance] = [at, off / length];
    }
    return { from, to, farthest, distance };
  };
  const stretches = [stretch(0, x.length - 1)];
  while (stretches.length < most - 1) {
    let worst = 0;
    for (const [at, { distance }] of stretches.entries())
      if (distance > (stretches[worst]?.distance ?? 0)) worst = at;
    const split = stretches[worst];
    // Less is rounding.
    if (split === undefined || split.distance < 1e-12) break;
    stretches.splice(worst, 1, stretch(split.from, split.farthest), stretch(split.farthest, split.to));
  }
  return [0, ...stretches.map(({ to }) => to)];
}
