import type { ClassifiedRows, ClassScores } from '../metrics/classified-rows.ts';
import { averagePrecision, countRanked, rank, rocAuc, type RankedCounts } from '../metrics/ranking.ts';
import type { RowStatistics } from './row-statistics.ts';

/**
 * The area under the ROC curve and the average precision: of the positive class with two classes,
 * else their means over all classes, each against the others.
 *
 * @param scores with a column of every class, each of which has rows
 */
export function rankStatistics({ labels, target }: ClassifiedRows, scores: ClassScores): RowStatistics {
  const columns = [...scores.classes.keys()].filter(
    (column) => labels.length !== 2 || scores.classes[column] === 1,
  );
  const rankedClass = (column: number): RankedClass => {
    const label = scores.classes[column] ?? 0;
    const { group, scores: distinct } = rank(scores.column(column));
    return { label, group, counts: countRanked(group, distinct.length, target, label) };
  };
  let ranked: RankedClass[] | undefined;
  return {
    names: ['roc_auc', 'average_precision'],
    work: target.length * columns.length,
    resampled(weights) {
      ranked ??= columns.map(rankedClass);
      let [areas, precisions] = [0, 0];
      for (const { label, group, counts } of ranked) {
        const resampled = countRanked(group, counts.positive.length, target, label, weights);
        areas += rocAuc(resampled);
        precisions += averagePrecision(resampled);
      }
      return [areas / columns.length, precisions / columns.length];
    },
    influences() {
      const area = new Float64Array(target.length);
      const precision = new Float64Array(target.length);
      const scale = target.length / columns.length;
      // One class at a time: the rankings of all are larger than the probabilities.
      for (const column of columns) {
        const { label, group, counts } = rankedClass(column);
        const [ofArea, ofPrecision] = [areaInfluence(counts), precisionInfluence(counts)];
        for (let row = 0; row < target.length; row++) {
          const side = target[row] === label ? 'positive' : 'negative';
          const at = group[row] ?? 0;
          area[row] = (area[row] ?? 0) + (ofArea[side][at] ?? 0) * scale;
          precision[row] = (precision[row] ?? 0) + (ofPrecision[side][at] ?? 0) * scale;
        }
      }
      return [
        { perRow: area, strata: target },
        { perRow: precision, strata: null },
      ];
    },
  };
}

interface RankedClass {
  label: number;
  group: Uint32Array;
  counts: RankedCounts;
}

/**
 * The influence of a row on the area, by its side and group, over the number of rows: the share of
 * the other side's rows that it is ordered right with, less the area, over the rows of its side.
 * With two classes their variance within the classes is DeLong's. Sources: E. DeLong, D. DeLong, D.
 * Clarke-Pearson, "Comparing the areas under two or more correlated receiver operating
 * characteristic curves" (1988); X. Sun and W. Xu, "Fast implementation of DeLong's algorithm"
 * (2014) for doing it by ranks.
 */
function areaInfluence(counts: RankedCounts): RankedCounts {
  const area = rocAuc(counts);
  const positives = counts.positive.reduce((sum, count) => sum + count, 0);
  const negatives = counts.negative.reduce((sum, count) => sum + count, 0);
  const positive = new Float64Array(counts.positive.length);
  const negative = new Float64Array(counts.negative.length);
  let [positivesBelow, negativesBelow] = [0, 0];
  for (let at = 0; at < positive.length; at++) {
    const [own, other] = [counts.positive[at] ?? 0, counts.negative[at] ?? 0];
    positive[at] = ((negativesBelow + other / 2) / negatives - area) / positives;
    negative[at] = ((positives - positivesBelow - own / 2) / positives - area) / negatives;
    positivesBelow += own;
    negativesBelow += other;
  }
  return { positive, negative };
}

/**
 * The influence of a row on the average precision, by its side and group, over the number of rows.
 * With P positive rows, and TP and N positive and all rows of at least a score, the average
 * precision is Σ TP/N / P over the positive rows. A heavier row moves TP, N and P of all positive
 * rows with at most its score: the derivative of the sum.
 */
function precisionInfluence(counts: RankedCounts): RankedCounts {
  const length = counts.positive.length;
  const precision = averagePrecision(counts);
  const positives = counts.positive.reduce((sum, count) => sum + count, 0);
  const above = new Float64Array(length + 1);
  const hits = new Float64Array(length + 1);
  for (let at = length - 1; at >= 0; at--) {
    hits[at] = (hits[at + 1] ?? 0) + (counts.positive[at] ?? 0);
    above[at] = (above[at + 1] ?? 0) + (counts.positive[at] ?? 0) + (counts.negative[at] ?? 0);
  }
  const positive = new Float64Array(length);
  const negative = new Float64Array(length);
  let [gain, loss] = [0, 0];
  for (let at = 0; at < length; at++) {
    const [own, all, hit] = [counts.positive[at] ?? 0, above[at] ?? 1, hits[at] ?? 0];
    gain += own / all;
    loss += (own * hit) / (all * all);
    positive[at] = (hit / all - precision + gain - loss) / positives;
    negative[at] = -loss / positives;
  }
  return { positive, negative };
}
