import { MlregError } from '../../core/errors.ts';
import { quote } from '../../core/text/quote.ts';
import { ambiguousName, type ColumnChoice, findColumns, headerOf } from './column-choice.ts';

/** An output of a model, as the first batch shows it: declared shapes are only hints. */
export interface OutputWidth {
  name: string;
  /** Values per row. */
  width: number;
  /** Names of its values, such as classes; another number of them than `width` is ignored. */
  classes?: readonly string[] | undefined;
}

/** A column that a model adds to a table. */
export interface OutputColumn {
  name: string;
  /** Position among the outputs, and of the value in a row of it, from 0. */
  output: number;
  index: number;
}

/**
 * How many values of an output belong to each row; null: its first dimension does not count the
 * rows of the batch, so that no column can hold it.
 */
export function rowWidth(
  dims: readonly number[],
  rows: number,
  inputs: readonly { batched: boolean }[],
): number | null {
  const size = dims.reduce((product, dim) => product * dim, 1);
  if (dims.length > 0 && dims[0] === rows) return size / Math.max(1, rows);
  return inputs.every(({ batched }) => batched) ? null : size;
}

/**
 * Names the columns of the outputs: an output of one value per row gives one of its name; of
 * several, `name_0` and so on, or `name_cat` with the names of its classes. A name that the table
 * or an earlier output has gets `_pred`, as often as it takes.
 */
export function outputColumns(outputs: readonly OutputWidth[], header: readonly string[]): OutputColumn[] {
  const taken = new Set(header);
  return outputs.flatMap(({ name, width, classes }, output) => {
    const distinct = classes?.length === width && new Set(classes).size === width ? classes : undefined;
    return Array.from({ length: width }, (_, index): OutputColumn => {
      let column = width === 1 ? name : `${name}_${distinct?.[index] ?? index}`;
      while (taken.has(column)) column += '_pred';
      taken.add(column);
      return { name: column, output, index };
    });
  });
}

/** A column of what predict writes: of the table, or of the model; positions from 0. */
export type SelectedColumn = { input: number } | { output: number };

/**
 * The columns to write, in their order. Without choices: all of the table, then all of the model. A
 * choice is a column of the table, a column of the model, an output of the model for all its
 * columns, or a position or range in the table; the first of these that exists. If the choices have
 * no column of the model, all of them follow. INVALID_INPUT for an unknown column, or one that is
 * chosen twice.
 */
export function selectColumns(
  names: readonly string[],
  outputs: readonly OutputWidth[],
  columns: readonly OutputColumn[],
  choices?: readonly ColumnChoice[],
): SelectedColumn[] {
  const all = columns.map((_, output): SelectedColumn => ({ output }));
  if (choices === undefined) return [...names.map((_, input): SelectedColumn => ({ input })), ...all];
  const header = headerOf(names);
  const seen = new Set<string>();
  const added = columns.map(({ name }) => name);
  const selected = choices.flatMap((choice): SelectedColumn[] => {
    const name = typeof choice === 'string' ? choice : choice.name;
    const places = header.positions.get(name);
    if (places !== undefined && places.length > 1) throw ambiguousName(header, name, '--select');
    const found =
      places === undefined ? (ofModel(name, outputs, columns) ?? ofTable(choice)) : ofTable(choice);
    for (const column of found) {
      const key = 'input' in column ? `input ${column.input}` : `output ${column.output}`;
      if (seen.has(key)) throw twice('input' in column ? names[column.input] : columns[column.output]?.name);
      seen.add(key);
    }
    return found;
  });
  return selected.some((column) => 'output' in column) ? selected : [...selected, ...all];

  function ofTable(choice: ColumnChoice): SelectedColumn[] {
    const places = findColumns(header, [choice], '--select', added);
    return places.map((input) => ({ input }));
  }
}

function ofModel(
  name: string,
  outputs: readonly OutputWidth[],
  columns: readonly OutputColumn[],
): SelectedColumn[] | undefined {
  const one = columns.findIndex((column) => column.name === name);
  if (one >= 0) return [{ output: one }];
  const whole = outputs.findIndex((output) => output.name === name);
  if (whole < 0) return undefined;
  return columns.flatMap((column, output) => (column.output === whole ? [{ output }] : []));
}

function twice(name = ''): MlregError {
  return new MlregError('INVALID_INPUT', `--select has column ${quote(name)} twice`, {
    hint: 'list each column once',
  });
}
