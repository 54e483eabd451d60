import type { EvaluateResult, ImportanceReport, SliceReport } from '../../evaluate/evaluation.ts';
import { code, markdownTable } from '../markdown.ts';
import { importanceRows, metricRows, mistakes, rowsText, sliceRows, slicesLeft } from './report-facts.ts';

const widestMatrix = 20;
const mostMistakes = 10;
const mostRows = 20;

/** An evaluation for a pull request or a job summary. */
export function evaluateMarkdown(result: EvaluateResult): string {
  const { ref, task, data, labels, slices, importance } = result;
  const file = code(data.file ?? 'stdin');
  const rows = metricRows(result);
  const known = rows.filter(({ reason }) => reason === '');
  return [
    `### ${code(ref)} on ${rowsText(result, file)}`,
    `${task}${labels === null ? '' : `, ${labels.length} classes`}; target ${code(data.target)}, data ${code(data.digest)}`,
    markdownTable(
      ['metric', 'value', '95% interval'],
      known.map(({ name, value, interval }) => [code(name), value, interval]),
      [1],
    ),
    ...rows
      .filter(({ reason }) => reason !== '')
      .map(({ name, reason }) => `- no ${code(name)}: ${code(reason)}`),
    ...confusion(result),
    ...slices.map(sliceMarkdown),
    ...(importance === null ? [] : [importanceMarkdown(importance)]),
  ].join('\n\n');
}

function confusion({ confusion: matrix, labels }: EvaluateResult): string[] {
  if (matrix === null || labels === null) return [];
  const names = labels.map((label) => code(String(label)));
  if (names.length <= widestMatrix)
    return [
      '**Confusion** (rows: target, columns: predicted)',
      markdownTable(
        ['', ...names],
        matrix.map((row, at) => [names[at] ?? '', ...row.map(String)]),
        names.map((_, at) => at + 1),
      ),
    ];
  const rows = mistakes(matrix, names, mostMistakes).map((one) => [
    one.right,
    one.predicted,
    String(one.rows),
  ]);
  return rows.length === 0 ? [] : [markdownTable(['most confused', 'predicted', 'rows'], rows, [2])];
}

function sliceMarkdown(slice: SliceReport): string {
  const rows = sliceRows(slice, mostRows).map(([value = '', rows = '', metric = '', note = '']) => [
    code(value),
    rows,
    metric,
    // Reasons quote labels.
    metric === '–' ? code(note) : note,
  ]);
  const left = slicesLeft(slice, mostRows);
  const drawn = markdownTable(
    [`by ${code(slice.column)}`, 'rows', slice.metric, '95% interval'],
    rows,
    [1, 2],
  );
  return left === 0 ? drawn : `${drawn}\n\n${left} more groups are better.`;
}

export function importanceMarkdown(importance: ImportanceReport): string {
  const rows = importanceRows(importance, mostRows).map(([column = '', ...rest]) => [code(column), ...rest]);
  const head = ['column', `loss of ${importance.metric} without it`, '95% interval'];
  const left = importance.columns.length - rows.length;
  const drawn = markdownTable(head, rows, [1]);
  return left === 0 ? drawn : `${drawn}\n\n${left} more columns matter less.`;
}
