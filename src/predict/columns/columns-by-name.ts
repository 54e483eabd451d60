import { MlregError } from '../../core/errors.ts';
import { counted } from '../../core/text/numbers.ts';
import { quote, shellWord } from '../../core/text/quote.ts';
import { ambiguousName, type Header, listColumns } from './column-choice.ts';
import type { InputSlot } from './input-slots.ts';

/** A table's columns, and which of them nothing is looked up in. */
export interface Table {
  header: Header;
  /** Positions from 0, as in `text`, each with the option that names it. */
  excluded: ReadonlyMap<number, string>;
  text: ReadonlySet<number>;
}

/** How the columns of an input are numbered, from 0. */
const numberings: readonly ((name: string, index: number) => string)[] = [
  (name, index) => `${name}_${index}`,
  (name, index) => `${name}[${index}]`,
  (name, index) => `${name}${index}`,
];

/** The columns that are named after an input, if there are as many as it takes. */
export function namedLike(table: Table, slot: InputSlot): number[] | undefined {
  const { name, width, label } = slot;
  if (width === 1 || width === null) {
    const column = only(table, name, label);
    if (column !== undefined) return [column];
  }
  const series = numberings
    .map((nameOf) => numbered(table, (index) => nameOf(name, index), width, label))
    .filter((columns) => columns.length > 0 && (width === null || columns.length === width));
  const [first, second] = series;
  if (first === undefined || second === undefined) return first;
  const [one, other] = [first, second].map(([at = 0]) => quote(table.header.names[at] ?? ''));
  throw new MlregError('INVALID_INPUT', `${label} could take the columns from ${one} or from ${other}`, {
    hint: `say which: --map ${shellWord(name)}=COLUMN,COLUMN, or leave some out with --exclude`,
  });
}

/** Columns from number 0 on without a gap; one more than `width` is enough to see that it is not met. */
function numbered(
  table: Table,
  nameOf: (index: number) => string,
  width: number | null,
  label: string,
): number[] {
  const columns: number[] = [];
  for (let index = 0; width === null || index <= width; index++) {
    const column = only(table, nameOf(index), label);
    if (column === undefined) break;
    columns.push(column);
  }
  return columns;
}

/** The position of the column of this name that is not excluded. */
function only({ header, excluded }: Table, name: string, label: string): number | undefined {
  const found = (header.positions.get(name) ?? []).filter((at) => !excluded.has(at));
  if (found.length > 1) throw ambiguousName(header, name, label);
  return found[0];
}

/** All columns in order for the only input of a model. */
export function allColumns(table: Table, slot: InputSlot): number[] {
  const { header, excluded, text } = table;
  const there = [...header.names.keys()].filter((at) => !excluded.has(at));
  const takesText = slot.dtype === 'string' || slot.dtype === 'bool';
  const columns = takesText ? there : there.filter((at) => !text.has(at));
  if (columns.length > 0 && (slot.width === null || columns.length === slot.width)) return columns;
  throw wrongNumber(table, slot, there, columns);
}

function wrongNumber(
  { header, excluded }: Table,
  { name, label, width }: InputSlot,
  there: readonly number[],
  columns: readonly number[],
): MlregError {
  const nameAt = (at: number): string => header.names[at] ?? '';
  const numeric = columns.length < there.length ? 'numeric column' : 'column';
  const without =
    excluded.size > 0 ? ` without the excluded ${listColumns([...excluded.keys()].map(nameAt))}` : '';
  const texts = there.filter((at) => !columns.includes(at));
  const text = texts.length === 0 ? '' : `; text: ${listColumns(texts.map(nameAt))}`;
  const takes = `${counted(width ?? 1, 'value')}${width === null ? ' or more' : ''}`;
  const last = columns.at(-1);
  const hint =
    width !== null && columns.length > width && last !== undefined
      ? `leave columns out, such as --exclude ${choiceFor(header, last)}, or list ${width}: --columns ${width === 1 ? '1' : `1-${width}`}`
      : `list them: --columns COLUMN,COLUMN; the columns are ${listColumns(header.names)}`;
  return new MlregError(
    'INVALID_INPUT',
    `${label} takes ${takes} per row, but the table has ${counted(columns.length, numeric)}${without}${text}; ` +
      `none is named ${width === 1 ? quote(name) : `${quote(`${name}_0`)} and so on`}`,
    { hint },
  );
}

/** How a user names this column on the command line. */
function choiceFor({ names, positions }: Header, at: number): string {
  const name = names[at] ?? '';
  if ((positions.get(name)?.length ?? 0) > 1 || name === '') return String(at + 1);
  return shellWord(/[",]|^\d+(?:-\d+)?$|^\s|\s$/.test(name) ? `"${name.replaceAll('"', '""')}"` : name);
}

export function notFound(
  { header, excluded }: Table,
  { name, label }: InputSlot,
  slots: readonly InputSlot[],
): MlregError {
  const left = header.names.filter((_, at) => !excluded.has(at));
  const near = left.find((other) => other.toLowerCase() === name.toLowerCase());
  const columns = `the columns are ${listColumns(left)}`;
  return new MlregError(
    'INVALID_INPUT',
    `no column fills ${label}: none is named ${quote(name)} or ${quote(`${name}_0`)} and so on (the model has ${counted(slots.length, 'input')})`,
    {
      hint: `--map ${shellWord(name)}=${near === undefined ? 'COLUMN' : shellWord(near)}; ${columns}`,
    },
  );
}
