import { medianInterval, percentileInterval, wilsonInterval, z, type Interval } from '../stats/interval.ts';
import type { ClassificationMetrics } from './metrics/classification.ts';
import { classScores, type ClassifiedRows } from './metrics/classified-rows.ts';
import { confusionMetrics } from './metrics/confusion.ts';
import { rowLosses } from './metrics/probability-metrics.ts';
import { regressionErrors, type RegressionMetrics, type RegressionRows } from './metrics/regression.ts';
import { isResampled, resampleCells, resampleRows, type BootstrapOptions } from './resampling/bootstrap.ts';
import { confusionCells, metricsOfCells } from './resampling/confusion-cells.ts';
import { meanStatistics, regressionStatistics } from './resampling/mean-statistics.ts';
import { rankStatistics } from './resampling/rank-statistics.ts';
import { standardError, type RowStatistics } from './resampling/row-statistics.ts';

/** 95% intervals by the name of the metric; without one, a metric has none. */
export type Intervals = Record<string, Interval>;

/** With fewer rows, resamples of them are too alike to tell anything. */
const fewestRows = 10;

/**
 * The intervals of the metrics of these rows, which are taken as drawn independently. Shares of
 * rows have Wilson's; other metrics of the confusion matrix are resampled by its cells; losses and
 * areas by rows, or have the normal interval if that would take long. Only metrics that are given
 * have one; none have `ece`, which resampling only makes larger, `roc_auc_ovo` and the metrics of a
 * class.
 */
export function classificationIntervals(
  rows: ClassifiedRows,
  { rows: count, metrics, classes }: Pick<ClassificationMetrics, 'rows' | 'metrics' | 'classes'>,
  options: BootstrapOptions = {},
): Intervals {
  const intervals: Intervals = {};
  if (count === 0) return intervals;
  if (count >= fewestRows && confusionMetrics.some((name) => typeof metrics[name] === 'number')) {
    const cells = confusionCells(rows.target, [rows.predicted], rows.labels.length);
    const resampled = resampleCells(
      cells,
      (weights) => Object.values(metricsOfCells(cells, 0, weights, rows.labels.length)),
      options,
    );
    confusionMetrics.forEach((name, at) => keep(intervals, name, percentileInterval(resampled[at] ?? none)));
  }
  for (const [name, value] of Object.entries(metrics))
    if (/^accuracy$|_micro$|^top_\d+_accuracy$/.test(name) && typeof value === 'number')
      keep(intervals, name, wilsonInterval(Math.round(value * count), count));
  const positive = rows.labels.length === 2 ? classes[1] : undefined;
  if (positive !== undefined) {
    const hits = Math.round((positive.recall ?? 0) * positive.support);
    keep(intervals, 'precision', wilsonInterval(hits, positive.predicted));
    keep(intervals, 'recall', wilsonInterval(hits, positive.support));
  }
  addRowIntervals(intervals, rowStatistics(rows, metrics), metrics, count, options);
  return inOrder(intervals, metrics);
}

/**
 * The intervals of the metrics of these rows, which are taken as drawn independently: of the median
 * by order statistics, of others by resampling, or normal if that would take long.
 */
export function regressionIntervals(
  rows: RegressionRows,
  { rows: count, metrics }: { rows: number; metrics: Partial<RegressionMetrics['metrics']> },
  options: BootstrapOptions = {},
): Intervals {
  const intervals: Intervals = {};
  if (typeof metrics.median_absolute_error === 'number')
    keep(intervals, 'median_absolute_error', medianInterval(regressionErrors(rows).absolute.sort()));
  addRowIntervals(intervals, [regressionStatistics(rows)], metrics, count, options);
  return inOrder(intervals, metrics);
}

const none = new Float64Array();

/** What resampling of rows is needed for, of the metrics that are defined. */
export function rowStatistics(
  rows: ClassifiedRows,
  metrics: ClassificationMetrics['metrics'],
): RowStatistics[] {
  const scores = classScores(rows);
  if (scores === null) return [];
  const found: RowStatistics[] = [];
  if (typeof metrics['log_loss'] === 'number') {
    const { log, brier } = rowLosses(rows.target, scores, rows.labels.length);
    found.push(meanStatistics({ log_loss: log, brier }));
  }
  if (typeof metrics['roc_auc'] === 'number') found.push(rankStatistics(rows, scores));
  return found;
}

function addRowIntervals(
  intervals: Intervals,
  statistics: readonly RowStatistics[],
  metrics: Readonly<Record<string, unknown>>,
  rows: number,
  options: BootstrapOptions,
): void {
  if (rows < fewestRows) return;
  const names = statistics.flatMap((one) => one.names);
  if (isResampled(statistics, options)) {
    const values = resampleRows(
      rows,
      (weights) => statistics.flatMap((one) => one.resampled(weights)),
      options,
    );
    names.forEach((name, at) => {
      if (typeof metrics[name] === 'number') keep(intervals, name, percentileInterval(values[at] ?? none));
    });
    return;
  }
  for (const one of statistics)
    for (const [at, influence] of one.influences()?.entries() ?? []) {
      const name = one.names[at] ?? '';
      const value = metrics[name];
      const reach = z * standardError(influence);
      if (typeof value === 'number' && Number.isFinite(reach))
        keep(intervals, name, { ...within(name, value - reach, value + reach), method: 'normal' });
    }
}

/** No metric here is negative, except R², and only losses of numbers are above 1. */
function within(name: string, low: number, high: number): { low: number; high: number } {
  if (name === 'r2') return { low, high: Math.min(1, high) };
  const most = name === 'roc_auc' || name === 'average_precision' ? 1 : Number.POSITIVE_INFINITY;
  return { low: Math.max(0, low), high: Math.min(most, high) };
}

function keep(intervals: Intervals, name: string, interval: Interval | null): void {
  if (interval !== null) intervals[name] = interval;
}

/** In the order of the metrics, without those that are not there. */
function inOrder(intervals: Intervals, metrics: Readonly<Record<string, unknown>>): Intervals {
  return Object.fromEntries(
    Object.keys(metrics).flatMap((name) => {
      const interval = intervals[name];
      return interval === undefined || typeof metrics[name] !== 'number' ? [] : [[name, interval]];
    }),
  );
}
