import type { Json } from '../../api/verb.ts';
import type { driftVerb } from '../../api/verbs/run/drift.ts';
import type { ColumnDrift, DriftResult } from '../../drift/drift-report.ts';
import { viewOf } from '../view.ts';
import { driftMarkdown } from './drift-markdown.ts';

export interface ShownDrift extends DriftResult {
  /** The program that was run; null: none. */
  exec: Json<typeof driftVerb>['exec'];
}

export const driftView = viewOf<ShownDrift, Json<typeof driftVerb>, Promise<string>>()({
  json: ({ warnings: _warnings, ...result }) => result,
  text: async (result, style) => {
    const { driftText } = await import('./drift-text.ts');
    return driftText(result, style);
  },
  plain: ({ columns, skipped, findings, drifted, driftedColumns, judgedColumns, saved, ref }) => [
    ...columns.map((column) => ['column', ...plainCells(column)]),
    ...skipped.map(({ name, reason }) => ['skipped', name, reason]),
    ...findings.map(({ kind, message, serious }) => ['finding', kind, message, serious]),
    ['drift', ref, drifted, driftedColumns, judgedColumns],
    ...(saved === null ? [] : [['saved', ref, saved.id]]),
  ],
  quiet: ({ drifted }) => [drifted ? 'drifted' : 'stable'],
  markdown: driftMarkdown,
});

function plainCells(column: ColumnDrift): (string | number | boolean | null)[] {
  const { name, type, method, statistic, pvalue, threshold, drifted } = column;
  return [name, type, method, statistic, pvalue, threshold, drifted];
}
