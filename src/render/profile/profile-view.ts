import type { Json } from '../../api/verb.ts';
import type { profileVerb } from '../../api/verbs/run/profile.ts';
import type { ColumnSummary } from '../../core/measurements/profile.ts';
import { counted } from '../../core/text/numbers.ts';
import { escapeText } from '../../core/text/quote.ts';
import type { ProfileResult } from '../../profile/profile-result.ts';
import { table } from '../table.ts';
import { type Style, viewOf } from '../view.ts';
import { columnCells, columnHeadings, errorText } from './column-table.ts';

export const profileView = viewOf<ProfileResult, Json<typeof profileVerb>>()({
  json: ({ warnings: _warnings, ...result }) => result,
  text,
  plain: ({ ref, rows, columns, outputs, saved, output }) => [
    ['rows', rows],
    ...columns.map((column) => ['column', ...plainCells(column)]),
    ...(outputs ?? []).map((column) => ['output', ...plainCells(column)]),
    ...(saved === null ? [] : [['saved', ref, saved.id]]),
    ...(output === null ? [] : [['file', output]]),
  ],
  quiet: ({ ref, output }) => [output ?? ref ?? 'profiled'],
});

function text(result: ProfileResult, style: Style): string {
  const { color } = style;
  const { rows, columns, outputs, sources, output, saved, ref, error } = result;
  const [only] = sources;
  const names =
    sources.length === 1 && only !== undefined
      ? escapeText(only.file ?? 'stdin')
      : counted(sources.length, 'file');
  const head = `${color.green('✓')} profiled ${color.bold(names)}: ${counted(rows, 'row')}, ${counted(columns.length, 'column')}, ${errorText(error)}`;
  return [
    head,
    drawn(columns, 'column', style),
    outputs === null || outputs.length === 0 ? '' : drawn(outputs, `output of ${ref ?? ''}`, style),
    [
      ...(output === null ? [] : [`written to ${escapeText(output)}`]),
      ...(saved === null ? [] : [`stored with ${ref ?? ''}`]),
    ]
      .map((line) => color.dim(line))
      .join('\n'),
  ]
    .filter((part) => part !== '')
    .join('\n\n');
}

const mostShown = 100;

function drawn(columns: readonly ColumnSummary[], what: string, style: Style): string {
  const shown = columns.slice(0, mostShown).map((column) => columnCells(column, style));
  const left = columns.length - shown.length;
  return [
    table(style, [what, ...columnHeadings], shown, [2, 3, 4], [0, 5]),
    ...(left > 0 ? [`+${counted(left, 'more column')} (--json shows all)`] : []),
  ].join('\n');
}

function plainCells(column: ColumnSummary): (string | number | null)[] {
  const { name, type, count, missing, distinct, mean, std, min, max } = column;
  return [name, type, count, missing, distinct, mean, std, min, max];
}
