import { meanOf } from '../../stats/quantiles.ts';
import { sumOf } from '../../stats/sum.ts';
import { calibration, type CalibrationBin } from './calibration.ts';
import { classScores, type ClassifiedRows, type ClassScores } from './classified-rows.ts';
import {
  classShares,
  confusionMatrix,
  confusionMetrics,
  countConfusion,
  metricsOfConfusion,
  type ConfusionCounts,
} from './confusion.ts';
import { columnsOf, rowLosses, targetRanks } from './probability-metrics.ts';
import { averagePrecision, countRanked, rank, rocAuc, rocAucAgainstEach } from './ranking.ts';

/** A metric, or one for each class by its label; null: it is undefined on these rows. */
export type MetricValue = number | null | Record<string, number | null>;

export interface ClassificationMetrics {
  rows: number;
  labels: readonly string[];
  /** The label of the positive class; null: there are not just two. */
  positive: string | null;
  /**
   * By name, in the order in which they are listed. What has no meaning is absent: `precision`,
   * `recall` and `f1` with other than two classes, `roc_auc_ovo` and `top_K_accuracy` with two.
   */
  metrics: Record<string, MetricValue>;
  /** Why a metric is null, by its name. */
  undefinedMetrics: Record<string, string>;
  /** In the order of `labels`. */
  classes: ClassMetrics[];
  /** Rows of each right class, by the predicted one; null: with too many classes to show. */
  confusion: number[][] | null;
  /** Null: no probabilities. */
  calibration: CalibrationBin[] | null;
}

export interface ClassMetrics {
  label: string;
  /** Rows that are of the class. */
  support: number;
  /** Rows for which it was predicted. */
  predicted: number;
  /** These are null if the class neither occurs in the data nor was predicted. */
  precision: number | null;
  recall: number | null;
  f1: number | null;
  /** Against all other classes. Null without scores of the class, or without rows on one side. */
  roc_auc: number | null;
  average_precision: number | null;
}

/** A matrix of more classes is larger than anyone reads. */
const mostClassesInMatrix = 1000;
/** The k of top-k accuracies. */
export const topSizes = [2, 3, 5];

/**
 * Metrics of classes that a model predicts, equal to scikit-learn's to 12 digits. None is NaN: what
 * is undefined is null, and says why.
 *
 * @throws INVALID_INPUT if a probability is NaN
 */
export function classificationMetrics(rows: ClassifiedRows): ClassificationMetrics {
  const { labels, target, predicted } = rows;
  const positive = labels.length === 2 ? 1 : null;
  const counts = countConfusion(target, predicted, labels.length);
  const scores = classScores(rows);
  const byRank = rankedMetrics(rows, scores, counts);
  const byProbability = probabilityMetrics(rows, scores, counts, positive);
  const metrics: Record<string, MetricValue> = {};
  const undefinedMetrics: Record<string, string> = {};
  const add = (name: string, value: number | string): void => {
    if (typeof value === 'string') undefinedMetrics[name] = value;
    metrics[name] = typeof value === 'string' ? null : value;
  };

  const noRows = target.length === 0 ? 'there are no rows' : null;
  const ofConfusion = metricsOfConfusion(counts, positive);
  for (const name of confusionMetrics)
    if (positive !== null || !['precision', 'recall', 'f1'].includes(name))
      add(name, noRows ?? ofConfusion[name]);
  for (const [name, value] of [...byProbability.values, ...byRank.values]) add(name, noRows ?? value);
  for (const name of ['roc_auc', 'average_precision'] as const)
    metrics[`${name}_by_class`] = Object.fromEntries(
      labels.map((label, at) => [label, byRank.classes[at]?.[name] ?? null]),
    );
  return {
    rows: target.length,
    labels,
    positive: positive === null ? null : (labels[positive] ?? null),
    metrics,
    undefinedMetrics,
    classes: labels.map((label, at) => ({
      label,
      ...classCounts(counts, at),
      ...(byRank.classes[at] ?? { roc_auc: null, average_precision: null }),
    })),
    confusion: labels.length > mostClassesInMatrix ? null : confusionMatrix(target, predicted, labels.length),
    calibration: byProbability.bins,
  };
}

type ClassCounts = Pick<ClassMetrics, 'support' | 'predicted' | 'precision' | 'recall' | 'f1'>;

function classCounts(counts: ConfusionCounts, label: number): ClassCounts {
  const support = counts.support[label] ?? 0;
  const predicted = counts.predictions[label] ?? 0;
  const shares = support + predicted === 0 ? { precision: null, recall: null, f1: null } : null;
  return { support, predicted, ...(shares ?? classShares(counts, label)) };
}

/** Each a value, or why there is none. */
type Values = [name: string, value: number | string][];

const noProbabilities = 'the model gives no probabilities';

function probabilityMetrics(
  { labels, target }: ClassifiedRows,
  scores: ClassScores | null,
  { support }: ConfusionCounts,
  positive: number | null,
): { values: Values; bins: CalibrationBin[] | null } {
  const refusal = scores === null ? noProbabilities : scores.refusal;
  const values: Values = [];
  let bins: CalibrationBin[] | null = null;
  if (scores === null || refusal !== null || target.length === 0) {
    for (const name of ['log_loss', 'brier', 'ece']) values.push([name, refusal ?? '']);
  } else {
    const columns = columnsOf(scores, labels.length);
    const unknown = labels.findIndex((_, label) => columns[label] === -1 && (support[label] ?? 0) > 0);
    const losses = unknown === -1 ? rowLosses(target, scores, labels.length) : null;
    const missing = `the model gives no probability of class ${quoted(labels[unknown])}`;
    values.push(['log_loss', losses === null ? missing : sumOf(losses.log) / target.length]);
    values.push(['brier', losses === null ? missing : sumOf(losses.brier) / target.length]);
    const calibrated = calibration(target, scores, labels.length, positive);
    values.push(['ece', calibrated.error]);
    ({ bins } = calibrated);
  }
  if (scores !== null && labels.length > 2) {
    const ranks = targetRanks(target, scores, labels.length);
    for (const size of topSizes)
      if (size < scores.classes.length) {
        const hits = ranks.reduce((sum, before) => (before < size ? sum + 1 : sum), 0);
        values.push([`top_${size}_accuracy`, hits / target.length]);
      }
  }
  return { values, bins };
}

type RankedClass = Pick<ClassMetrics, 'roc_auc' | 'average_precision'>;

/** Metrics of the order into which scores put the rows. */
function rankedMetrics(
  { labels, target }: ClassifiedRows,
  scores: ClassScores | null,
  { support }: ConfusionCounts,
): { values: Values; classes: RankedClass[] } {
  const classes = labels.map((): RankedClass => ({ roc_auc: null, average_precision: null }));
  const pairs: number[] = [];
  for (const [column, label] of scores?.classes.entries() ?? []) {
    const ranking = rank(scores?.column(column) ?? new Float64Array());
    const counts = countRanked(ranking.group, ranking.scores.length, target, label);
    const [area, precision] = [rocAuc(counts), averagePrecision(counts)];
    classes[label] = {
      roc_auc: Number.isNaN(area) ? null : area,
      average_precision: Number.isNaN(precision) ? null : precision,
    };
    if (labels.length > 2)
      rocAucAgainstEach(ranking, target, label, labels.length).forEach((value, other) => {
        if (other !== label) pairs.push(value);
      });
  }
  const unscored = scores === null ? noProbabilities : missingScore(labels, scores);
  const summary = (name: keyof RankedClass, needed: string | null): number | string => {
    const all = classes.map((own) => own[name] ?? Number.NaN);
    return needed ?? (labels.length === 2 ? (all[1] ?? Number.NaN) : meanOf(Float64Array.from(all)));
  };
  const bothSides = unscored ?? emptySide(labels, support, target.length);
  const positives = unscored ?? emptyClass(labels, support, labels.length === 2 ? 1 : 0);
  const values: Values = [['roc_auc', summary('roc_auc', bothSides)]];
  if (labels.length > 2) values.push(['roc_auc_ovo', bothSides ?? meanOf(Float64Array.from(pairs))]);
  values.push(['average_precision', summary('average_precision', positives)]);
  return { values, classes };
}

function missingScore(labels: readonly string[], scores: ClassScores): string | null {
  const unscored = labels[columnsOf(scores, labels.length).indexOf(-1)];
  return unscored === undefined ? null : `the model gives no score of class ${quoted(unscored)}`;
}

function emptySide(labels: readonly string[], support: Float64Array, rows: number): string | null {
  const all = labels[support.findIndex((count) => count === rows)];
  return all === undefined ? emptyClass(labels, support, 0) : `all rows are of class ${quoted(all)}`;
}

/** The first class without rows, of those from `from` on. */
function emptyClass(labels: readonly string[], support: Float64Array, from: number): string | null {
  const empty = labels.find((_, label) => label >= from && (support[label] ?? 0) === 0);
  return empty === undefined ? null : `no row is of class ${quoted(empty)}`;
}

function quoted(label = ''): string {
  return JSON.stringify(label);
}
