import type { ColumnChoice } from '../column-choice.ts';
import { outputColumns, type OutputWidth, selectColumns } from '../outputs.ts';

/** The names of the columns that are written, or without a selection only those of the model. */
export function writtenNames(
  header: readonly string[],
  outputs: readonly OutputWidth[],
  select: readonly ColumnChoice[] | null,
): string[] {
  const columns = outputColumns(outputs, header);
  if (select === null) return columns.map(({ name }) => name);
  return selectColumns(header, outputs, columns, select).map((column) =>
    'input' in column ? (header[column.input] ?? '') : (columns[column.output]?.name ?? ''),
  );
}
