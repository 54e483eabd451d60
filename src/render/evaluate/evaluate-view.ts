import type { Json } from '../../api/verb.ts';
import type { evaluateVerb } from '../../api/verbs/run/evaluate.ts';
import type { EvaluateResult } from '../../evaluate/evaluation.ts';
import { viewOf } from '../view.ts';
import { evaluateMarkdown } from './evaluate-markdown.ts';
import { metricRows } from './report-facts.ts';

export interface Evaluated extends EvaluateResult {
  /** The report that was written; null: none. */
  html: string | null;
}

export const evaluateView = viewOf<Evaluated, Json<typeof evaluateVerb>, Promise<string>>()({
  json: ({ warnings: _warnings, ...result }) => result,
  text: async (result, style) => {
    const { evaluateText } = await import('./evaluate-text.ts');
    return evaluateText(result, style);
  },
  plain,
  quiet: ({ ref }) => [ref],
  markdown: evaluateMarkdown,
});

/** A row per fact: its kind, its name, its values. */
function plain(result: Evaluated): (string | number | boolean | null)[][] {
  const { ref, task, data, rows, metrics, intervals, undefinedMetrics, classes, slices, importance } = result;
  return [
    ['ref', ref],
    ['task', task],
    ['data', data.digest, data.file ?? ''],
    ['rows', rows, data.missingTarget, data.rejected],
    ...metricRows(result).map(({ name }) => {
      const value = metrics[name];
      const own = intervals[name];
      return typeof value === 'number'
        ? ['metric', name, value, own?.low ?? null, own?.high ?? null]
        : ['metric', name, null, undefinedMetrics[name] ?? ''];
    }),
    ...(classes ?? []).map(({ label, support, precision, recall, f1 }) => [
      'class',
      label,
      support,
      precision,
      recall,
      f1,
    ]),
    ...slices.flatMap(({ column, groups }) =>
      groups.map(({ value, rows: count, metric, interval }) => [
        'slice',
        column,
        value,
        count,
        metric,
        interval?.low ?? null,
        interval?.high ?? null,
      ]),
    ),
    ...(importance?.columns ?? []).map(({ column, mean, low, high }) => [
      'importance',
      column,
      mean,
      low,
      high,
    ]),
    ...(result.saved === null ? [] : [['saved', result.saved.id]]),
    ...(result.html === null ? [] : [['html', result.html]]),
  ];
}
