import { type JsonPath, memberNames } from '../../data/json-columns.ts';
import type { ColumnChoice } from '../columns/column-choice.ts';
import { outputColumns, type OutputWidth, selectColumns } from '../columns/outputs.ts';

/**
 * The names that predictions cannot have: those of the columns, and in JSON lines those of the
 * objects and lists, too.
 */
export function takenNames(header: readonly string[], paths: readonly JsonPath[] | null): string[] {
  return [...header, ...memberNames(paths ?? [])];
}

/** The names of the columns that are written, or without a selection only those of the model. */
export function writtenNames(
  header: readonly string[],
  outputs: readonly OutputWidth[],
  select: readonly ColumnChoice[] | null,
  taken: readonly string[],
): string[] {
  const columns = outputColumns(outputs, taken);
  if (select === null) return columns.map(({ name }) => name);
  return selectColumns(header, outputs, columns, select).map((column) =>
    'input' in column ? (header[column.input] ?? '') : (columns[column.output]?.name ?? ''),
  );
}
