import type { Json } from '../../api/verb.ts';
import type { describeVerb } from '../../api/verbs/versions/describe.ts';
import { escapeLines } from '../../core/text/quote.ts';
import type { DescribeResult } from '../../registry/versions/describe.ts';
import { facts, pairs } from '../format.ts';
import { viewOf } from '../view.ts';

export const describeView = viewOf<DescribeResult, Json<typeof describeVerb>>()({
  json: ({ ref, name, version, metadata }) => ({ ref, name, version, metadata }),
  text: ({ ref, metadata, changed }, { color, width }) => {
    const head = changed
      ? `described ${color.bold(ref)}`
      : `${color.bold(ref)} already has these values; nothing changed`;
    const rows = facts(
      [
        ['description', metadata.description === undefined ? 'none' : escapeLines(metadata.description)],
        ['metrics', pairs(metadata.metrics ?? {}, 12)],
      ],
      color.dim,
      width,
    );
    return `${color.green('✓')} ${head}\n${rows}`;
  },
  plain: ({ ref, metadata, changed }) => [
    [ref, changed ? 'changed' : 'unchanged'],
    ['description', metadata.description ?? ''],
    ...Object.entries(metadata.metrics ?? {}).map(([key, value]) => ['metric', key, value]),
  ],
  quiet: ({ ref }) => [ref],
});
