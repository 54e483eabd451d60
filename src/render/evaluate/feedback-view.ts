import type { Json } from '../../api/verb.ts';
import type { feedbackVerb } from '../../api/verbs/run/feedback.ts';
import { leadMetrics } from '../../core/measurements/evaluation.ts';
import { escapeText } from '../../core/text/quote.ts';
import type { FeedbackResult } from '../../feedback/feedback-result.ts';
import { counted, number } from '../format.ts';
import { table } from '../table.ts';
import { viewOf } from '../view.ts';

export const feedbackView = viewOf<FeedbackResult, Json<typeof feedbackVerb>>()({
  json: ({ warnings: _warnings, ...result }) => result,
  text: ({ ref, labels, matched, evaluations }, style) => {
    const { color } = style;
    const head = `${color.green('✓')} joined ${counted(matched, 'label')} of ${escapeText(labels.file ?? 'stdin')} to predictions of ${color.bold(ref)}`;
    const rows = evaluations.map(({ asOf, rows: count, metrics, changed }) => [
      asOf === null ? '' : asOf.slice(0, 10),
      number(count),
      leadMetrics(metrics)
        .map(([name, value]) => `${name} ${number(value)}`)
        .join('  '),
      changed ? 'stored' : color.dim('stored before'),
    ]);
    return [head, table(style, ['day', 'rows', 'metrics', ''], rows, [1], 2)].join('\n\n');
  },
  plain: ({ ref, matched, unknown, otherVersions, duplicates, evaluations }) => [
    ['ref', ref],
    ['matched', matched],
    ['unknown', unknown],
    ['otherVersions', otherVersions],
    ['duplicates', duplicates],
    ...evaluations.map(({ id, asOf, rows, metrics, changed }) => [
      'evaluation',
      id,
      asOf,
      rows,
      changed,
      ...leadMetrics(metrics).map(([name, value]) => `${name}=${value}`),
    ]),
  ],
  quiet: ({ ref }) => [ref],
});
