import type {
  EvaluateResult,
  EvaluationData,
  ImportanceReport,
  SliceReport,
} from '../../evaluate/evaluation.ts';
import { counted, number } from '../format.ts';

/** What several forms of the report say in the same words. */

export interface MetricRow {
  name: string;
  value: string;
  /** `0.959 to 0.986`; empty: none. */
  interval: string;
  /** Why there is no value; empty: there is one. */
  reason: string;
}

/** Metrics with one value, in their order; those that repeat another are left out. */
export function metricRows({
  metrics,
  intervals,
  undefinedMetrics,
}: Pick<EvaluateResult, 'metrics' | 'intervals' | 'undefinedMetrics'>): MetricRow[] {
  return Object.entries(metrics).flatMap(([name, value]): MetricRow[] => {
    // Micro averages of classes are the accuracy.
    if ((typeof value === 'object' && value !== null) || name.endsWith('_micro')) return [];
    const own = intervals[name];
    return [
      {
        name,
        value: value === null ? '–' : number(value),
        interval: own === undefined ? '' : intervalText(own),
        reason: value === null ? (undefinedMetrics[name] ?? 'undefined') : '',
      },
    ];
  });
}

export function intervalText({ low, high }: { low: number; high: number }): string {
  return `${number(low, 3)} to ${number(high, 3)}`;
}

/** `540 rows of test.csv`, then which rows were left out. */
export function rowsText({ rows, data }: { rows: number; data: EvaluationData }, file: string): string {
  const left = [
    ...(data.missingTarget > 0 ? [`${counted(data.missingTarget, 'row')} without a target`] : []),
    ...(data.rejected > 0 ? [`${counted(data.rejected, 'row')} that the model cannot take`] : []),
  ];
  const without = left.length === 0 ? '' : `, without ${left.join(' and ')}`;
  return `${counted(rows, 'row')} of ${file}${without}`;
}

export interface Confused {
  right: string;
  predicted: string;
  rows: number;
}

/** The most frequent mistakes, most frequent first. */
export function mistakes(
  confusion: readonly (readonly number[])[],
  labels: readonly string[],
  most: number,
): Confused[] {
  return confusion
    .flatMap((row, right) =>
      row.map((rows, predicted) => ({
        right: labels[right] ?? '',
        predicted: labels[predicted] ?? '',
        rows: right === predicted ? 0 : rows,
      })),
    )
    .filter(({ rows }) => rows > 0)
    .toSorted((a, b) => b.rows - a.rows)
    .slice(0, most);
}

/** The cells of a table of slices: group, rows, value and interval, or why there is none. */
export function sliceRows({ groups }: SliceReport, most: number): string[][] {
  return groups
    .slice(0, most)
    .map(({ value, rows, metric, interval, reason, small }) => [
      value === '' ? '(empty)' : value,
      rows.toLocaleString('en'),
      metric === null ? '–' : number(metric),
      metric === null
        ? (reason ?? '')
        : [interval === null ? '' : intervalText(interval), small ? 'few rows' : '']
            .filter(Boolean)
            .join(', '),
    ]);
}

/** The number of groups that a table of `most` leaves out. */
export function slicesLeft({ groups, omitted }: SliceReport, most: number): number {
  return Math.max(0, groups.length - most) + omitted.groups;
}

export function importanceRows({ columns }: ImportanceReport, most: number): string[][] {
  return columns
    .slice(0, most)
    .map(({ column, mean, low, high }) => [
      column,
      signed(mean),
      low === null || high === null ? '' : `${signed(low)} to ${signed(high)}`,
    ]);
}

export function signed(value: number, digits = 3): string {
  const text = number(value, digits);
  return value > 0 ? `+${text}` : text;
}

/** The area below the curve of a class in the legend of a plot. */
export function curveArea({ classes }: Pick<EvaluateResult, 'classes'>, label: string): number | null {
  return classes?.find((own) => String(own.label) === label)?.roc_auc ?? null;
}
