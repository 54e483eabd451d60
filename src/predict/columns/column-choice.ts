import { MlregError } from '../../core/errors.ts';
import { quote } from '../../core/text/quote.ts';

/**
 * Columns of a table, as a user names them. A text is the name of a column; if no column has this
 * name, it is a position, counted from 1 (`3`), or a range of positions (`3-10`). In an object, it
 * is only a name.
 */
export type ColumnChoice = string | { name: string };

/** A choice that another option than that of the list has added to it. */
export type AddedChoice = { name: string; flag: string };

/**
 * Parses a comma-separated list of columns, such as `age,3-10,"last, first"`. As in CSV, a name in
 * double quotes may have commas, and `""` in it is one quote; a quoted text is never a position.
 * `flag` is named in errors. USAGE if a quote is not closed, or text follows it.
 */
export function parseColumnList(text: string, flag: string): ColumnChoice[] {
  const choices: ColumnChoice[] = [];
  for (let at = 0; ;) {
    const end = endOfItem(text, at, ',', flag);
    choices.push(itemOf(text.slice(at, end)));
    if (end >= text.length) return choices;
    at = end + 1;
  }
}

/**
 * Parses `INPUT=COLUMN,COLUMN`. The name of an input with a `=` in it is quoted, as a column with a
 * comma is.
 */
export function parseInputColumns(text: string, flag: string): [input: string, columns: ColumnChoice[]] {
  const end = endOfItem(text, 0, '=', flag);
  const input = itemOf(text.slice(0, end));
  const name = typeof input === 'string' ? input : input.name;
  if (end < text.length && name !== '') return [name, parseColumnList(text.slice(end + 1), flag)];
  throw new MlregError('USAGE', `invalid ${flag} ${quote(text)}: expected INPUT=COLUMN,COLUMN`, {
    hint: `for example ${flag} features=age,weight`,
  });
}

/** Where the item that starts at `from` ends: at the separator, or at the end of the text. */
function endOfItem(text: string, from: number, separator: string, flag: string): number {
  if (text[from] !== '"') {
    const end = text.indexOf(separator, from);
    return end < 0 ? text.length : end;
  }
  let close = text.indexOf('"', from + 1);
  while (close >= 0 && text[close + 1] === '"') close = text.indexOf('"', close + 2);
  const end = close + 1;
  if (close >= 0 && (end === text.length || text[end] === separator)) return end;
  const problem = close < 0 ? 'a quote is not closed' : `text follows the quoted ${text.slice(from, end)}`;
  throw new MlregError('USAGE', `invalid ${flag} ${quote(text)}: ${problem}`, {
    hint: `quote the whole name, and double the quotes in it: ${flag} '"last, ""first"""'`,
  });
}

function itemOf(text: string): ColumnChoice {
  return text.startsWith('"') ? { name: text.slice(1, -1).replaceAll('""', '"') } : text;
}

/** The columns of a table: their names, and the positions of each name, from 0. */
export interface Header {
  names: readonly string[];
  positions: ReadonlyMap<string, readonly number[]>;
}

export function headerOf(names: readonly string[]): Header {
  const positions = new Map<string, number[]>();
  names.forEach((name, at) => {
    const same = positions.get(name);
    if (same === undefined) positions.set(name, [at]);
    else same.push(at);
  });
  return { names, positions };
}

/**
 * The positions of the chosen columns, from 0, in the order of the choices. INVALID_INPUT if there
 * is no such column, or if several have the name. `flag` is named in errors, and so are the columns
 * that a model adds to the table, if they could have been meant.
 */
export function findColumns(
  header: Header,
  choices: readonly (ColumnChoice | AddedChoice)[],
  flag: string,
  added: readonly string[] = [],
): number[] {
  return choices.flatMap((choice) => find(header, choice, flagOf(choice, flag), added));
}

/** The position of one column, from 0. INVALID_INPUT as `findColumns`, and for a range of several. */
export function findColumn(header: Header, choice: ColumnChoice, flag: string): number {
  const [first = 0, ...others] = findColumns(header, [choice], flag);
  if (others.length === 0) return first;
  throw new MlregError('INVALID_INPUT', `${flag} names ${others.length + 1} columns; it takes one`, {
    hint: `for example ${flag} id`,
  });
}

/** The option that names a column, in a list of the option `flag`. */
export function flagOf(choice: ColumnChoice | AddedChoice, flag: string): string {
  return typeof choice !== 'string' && 'flag' in choice ? choice.flag : flag;
}

function find(
  header: Header,
  choice: ColumnChoice,
  flag: string,
  added: readonly string[],
): readonly number[] {
  const name = typeof choice === 'string' ? choice : choice.name;
  const found = header.positions.get(name);
  if (found !== undefined && found.length > 1) throw ambiguousName(header, name, flag);
  if (found !== undefined) return found;
  if (typeof choice !== 'string') throw unknownName(header, name, flag, added);
  if (/^\d+$/.test(choice)) return [positionOf(header, choice, choice, flag)];
  const [, first, last] = /^(\d+)-(\d+)$/.exec(choice) ?? [];
  if (first !== undefined && last !== undefined) return rangeOf(header, choice, [first, last], flag);
  // In `a, b` the blank belongs to the list, unless a column's name has it.
  const trimmed = choice.trim();
  if (trimmed !== choice && trimmed !== '') return find(header, trimmed, flag, added);
  throw unknownName(header, name, flag, added);
}

function positionOf({ names }: Header, text: string, choice: string, flag: string): number {
  const position = Number(text);
  if (position >= 1 && position <= names.length) return position - 1;
  throw new MlregError(
    'INVALID_INPUT',
    `${flag} ${quote(choice)}: no column is named ${quote(text)}, and the positions are 1 to ${names.length}`,
    { hint: `the columns are ${listColumns(names)}` },
  );
}

/** Names come before positions at both ends, too: columns of numbers are often named 0 to 63. */
function rangeOf(header: Header, choice: string, [first, last]: [string, string], flag: string): number[] {
  const [from, to] = [header.positions.get(first), header.positions.get(last)];
  if ((from === undefined) !== (to === undefined)) {
    const [named, other] = from === undefined ? [last, first] : [first, last];
    throw new MlregError(
      'INVALID_INPUT',
      `${flag} ${quote(choice)} is ambiguous: a column is named ${quote(named)}, but none ${quote(other)}`,
      { hint: `list the columns by name; they are ${listColumns(header.names)}` },
    );
  }
  if (from !== undefined && from.length > 1) throw ambiguousName(header, first, flag);
  if (to !== undefined && to.length > 1) throw ambiguousName(header, last, flag);
  const start = from?.[0] ?? positionOf(header, first, choice, flag);
  const end = to?.[0] ?? positionOf(header, last, choice, flag);
  if (start <= end) return Array.from({ length: end - start + 1 }, (_, at) => start + at);
  throw new MlregError('INVALID_INPUT', `${flag} ${quote(choice)}: the range ends before it starts`, {
    hint: `${flag} ${last}-${first}`,
  });
}

/** `what` says who asks for the name. */
export function ambiguousName({ positions }: Header, name: string, what: string): MlregError {
  const places = (positions.get(name) ?? []).map((at) => at + 1);
  return new MlregError(
    'INVALID_INPUT',
    `${what}: ${places.length} columns are named ${quote(name)} (columns ${places.join(', ')})`,
    { hint: `choose one by its position, such as ${places[0]}, or rename the columns` },
  );
}

function unknownName({ names }: Header, name: string, flag: string, added: readonly string[]): MlregError {
  const plain = (text: string): string => text.normalize('NFKC').trim().toLowerCase();
  const near = [...names, ...added].find((other) => plain(other) === plain(name));
  const model = added.length === 0 ? '' : `; the model adds ${listColumns(added)}`;
  const columns = `the columns are ${listColumns(names)}${model}`;
  return new MlregError('INVALID_INPUT', `${flag}: no column is named ${quote(name)}`, {
    hint:
      near === undefined
        ? columns
        : `did you mean ${quote(near)}, which differs in case, blanks or Unicode form?`,
  });
}

/** Names for a message: the first of them, and how many there are. */
export function listColumns(names: readonly string[]): string {
  const shown = names.slice(0, 8).map((name) => quote(name));
  return names.length > shown.length ? `${shown.join(', ')} … (${names.length})` : shown.join(', ') || 'none';
}
