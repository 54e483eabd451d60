import { MlregError } from '../../core/errors.ts';
import { counted } from '../../core/text/numbers.ts';
import { quote, shellWord } from '../../core/text/quote.ts';
import type { Dimension, Signature } from '../../core/versions/signature.ts';
import type { FeedDtype } from '../../onnx/feeds/feed-dtypes.ts';
import { isName } from '../../onnx/feeds/given-sizes.ts';
import {
  type AddedChoice,
  type ColumnChoice,
  findColumns,
  flagOf,
  type Header,
  headerOf,
  listColumns,
} from './column-choice.ts';
import { allColumns, namedLike, notFound, type Table } from './columns-by-name.ts';
import { type InputSlot, inputSlots } from './input-slots.ts';

/** An input of a model, and the columns that fill it. */
export interface BoundInput {
  name: string;
  dtype: FeedDtype;
  /** Positions in the header, from 0, in the order of the input's values. */
  columns: number[];
  /** The shape of one row: `[]` for a vector of rows, `[1, 8, 8]` for `[N,1,8,8]`. */
  rowShape: number[];
  /** False: the tensor has no dimension of rows, so that each run takes one row. */
  batched: boolean;
}

/** Which columns of a table fill which inputs of a model. */
export interface Binding {
  inputs: BoundInput[];
  /** Rows in each run, if the model fixes it; null: any number. */
  batch: number | null;
  /** Names of the columns that fill no input. */
  unused: string[];
}

export interface BindingOptions {
  /** The columns of the one input that `map` does not name. */
  columns?: readonly ColumnChoice[] | undefined;
  /** The columns of inputs by the input's name. */
  map?: ReadonlyMap<string, readonly ColumnChoice[]> | undefined;
  /** Columns that fill no input, such as the target. */
  exclude?: readonly (ColumnChoice | AddedChoice)[] | undefined;
  /** Positions of columns that hold text, as far as the first rows tell. */
  text?: ReadonlySet<number> | undefined;
}

/** The shape of the tensor that this many rows make. */
export function tensorShape({ batched, rowShape }: BoundInput, rows: number): number[] {
  return batched ? [rows, ...rowShape] : rowShape;
}

/**
 * Decides which columns fill which inputs. An input takes what `map` says; else, if it is the only
 * input left, what `columns` says; else the column of its name, or `name_0` to `name_k`, or `name[0]`
 * or `name0` likewise. A single input without such columns takes all columns in order, except the
 * excluded ones, and except text if it takes numbers; their number has to fit. INVALID_INPUT
 * otherwise, naming the input, what it takes and what is there.
 */
export function bindColumns(
  names: readonly string[],
  signature: Signature,
  options: BindingOptions = {},
): Binding {
  const header = headerOf(names);
  const slots = inputSlots(signature);
  const excluded = new Map(
    (options.exclude ?? []).flatMap((choice) =>
      findColumns(header, [choice], '--exclude').map((at) => [at, flagOf(choice, '--exclude')] as const),
    ),
  );
  const table: Table = { header, excluded, text: options.text ?? new Set() };
  const found = new Map<InputSlot, number[]>();
  for (const [input, choices] of options.map ?? [])
    found.set(slotNamed(input, slots, signature), chosen(table, choices, `--map ${shellWord(input)}=`));
  if (options.columns !== undefined) {
    const slot = slotForColumns(table, slots, found);
    found.set(slot, chosen(table, options.columns, '--columns'));
  }
  for (const slot of slots) {
    const columns =
      found.get(slot) ?? namedLike(table, slot) ?? (slots.length === 1 ? allColumns(table, slot) : undefined);
    if (columns === undefined) throw notFound(table, slot, slots);
    found.set(slot, columns);
  }
  const sizes: Sizes = new Map();
  const inputs = slots.map((slot) => bound(slot, found.get(slot) ?? [], sizes, header));
  const used = new Set(inputs.flatMap(({ columns }) => columns));
  return { inputs, batch: batchOf(slots, inputs), unused: names.filter((_, at) => !used.has(at)) };
}

function slotNamed(name: string, slots: readonly InputSlot[], { inputs }: Signature): InputSlot {
  const slot = slots.find((slot) => slot.name === name);
  if (slot !== undefined) return slot;
  const hasDefault = inputs.some((input) => input.name === name);
  throw new MlregError(
    'INVALID_INPUT',
    hasDefault
      ? `--map: input ${quote(name)} has a default, which ONNX Runtime for Node.js always uses`
      : `--map: the model has no input ${quote(name)}`,
    {
      hint: hasDefault
        ? 'export the model without the initializer of this name'
        : `its inputs are ${listColumns(slots.map((slot) => slot.name))}`,
    },
  );
}

/** The columns that a user lists for an input. */
function chosen({ header, excluded }: Table, choices: readonly ColumnChoice[], flag: string): number[] {
  const columns = choices.flatMap((choice) => {
    const found = findColumns(header, [choice], flag);
    const kept = found.filter((at) => !excluded.has(at));
    // A range may have excluded columns in it; a column by itself cannot be meant both ways.
    if (found.length > 1 || kept.length === 1) return kept;
    const other = excluded.get(found[0] ?? 0);
    throw new MlregError('INVALID_INPUT', `${flag} and ${other} both name ${columnAt(header, found[0])}`, {
      hint: 'remove it from one of them',
    });
  });
  const seen = new Set<number>();
  for (const at of columns) {
    if (seen.has(at)) {
      throw new MlregError('INVALID_INPUT', `${flag} has ${columnAt(header, at)} twice`, {
        hint: 'list each column once',
      });
    }
    seen.add(at);
  }
  return columns;
}

function columnAt({ names }: Header, at = 0): string {
  return `column ${at + 1} ${quote(names[at] ?? '')}`;
}

/** The one input that is left for `--columns`. */
function slotForColumns(
  table: Table,
  slots: readonly InputSlot[],
  found: ReadonlyMap<InputSlot, unknown>,
): InputSlot {
  const free = slots.filter((slot) => !found.has(slot));
  const open = free.length === 1 ? free : free.filter((slot) => namedLike(table, slot) === undefined);
  const [slot] = open;
  if (slot !== undefined && open.length === 1) return slot;
  const hint = slots.map(({ name }) => `--map ${shellWord(name)}=COLUMN`).join(' ');
  const what =
    free.length === 0
      ? '--map already fills every input'
      : `the model has ${counted(slots.length, 'input')}, and --columns fills one`;
  throw new MlregError('INVALID_INPUT', `--columns cannot be used: ${what}`, {
    hint: free.length === 0 ? 'omit --columns' : `say it for each input: ${hint}`,
  });
}

/** The number of rows in a run, if the model fixes it. */
function batchOf(slots: readonly InputSlot[], inputs: readonly BoundInput[]): number | null {
  const single = inputs.find(({ batched }) => !batched);
  const fixed = slots.filter(({ batch }) => batch !== null);
  const batch = single === undefined ? (fixed[0]?.batch ?? null) : 1;
  const odd = fixed.find((slot) => slot.batch !== batch);
  if (odd === undefined) return batch;
  const other = slots.find(({ name }) => name === (single?.name ?? fixed[0]?.name));
  throw new MlregError(
    'INVALID_INPUT',
    `${odd.label} takes ${odd.batch} rows at a time, but ${other?.label} takes ${batch}`,
    { hint: 'export the model with a dynamic batch dimension' },
  );
}

/** Sizes of symbols that rows have set, each with the input that set it. */
type Sizes = Map<string, { size: number; label: string }>;

/** Checks that the columns make up a row of the input. */
function bound(slot: InputSlot, columns: number[], sizes: Sizes, header: Header): BoundInput {
  const { name, dtype, label, width, rowShape } = slot;
  if (columns.length === 0 || (width !== null && columns.length !== width)) {
    throw new MlregError(
      'INVALID_INPUT',
      `${label} takes ${counted(width ?? 1, 'value')}${width === null ? ' or more' : ''} per row, but ` +
        `${counted(columns.length, 'column')} ${columns.length === 1 ? 'is' : 'are'} chosen: ${listColumns(columns.map((at) => header.names[at] ?? ''))}`,
      { hint: `choose ${width ?? 'some'} with --columns or --map ${shellWord(name)}=COLUMN,COLUMN` },
    );
  }
  if (rowShape === null) {
    // Of an input that declares rank 0, one value is a scalar, and several show that it is not.
    const isScalar = !slot.batched && columns.length === 1;
    return { name, dtype, columns, rowShape: isScalar ? [] : [columns.length], batched: !isScalar };
  }
  return {
    name,
    dtype,
    columns,
    rowShape: sized(slot, rowShape, columns.length, sizes),
    batched: slot.batched,
  };
}

function sized({ label }: InputSlot, rowShape: readonly Dimension[], width: number, sizes: Sizes): number[] {
  const fixed = rowShape.reduce<number>((all, size) => (typeof size === 'number' ? all * size : all), 1);
  const rest = width / fixed;
  if (!Number.isInteger(rest)) {
    throw new MlregError(
      'INVALID_INPUT',
      `${label} takes a multiple of ${fixed} values per row, but ${counted(width, 'column')} fill it`,
      { hint: 'choose the columns with --columns, or leave some out with --exclude' },
    );
  }
  return rowShape.map((size) => {
    if (typeof size === 'number') return size;
    const earlier = isName(size) ? sizes.get(size) : undefined;
    if (earlier !== undefined && earlier.size !== rest) {
      throw new MlregError(
        'INVALID_INPUT',
        `${label} has ${rest} for ${quote(String(size))}, but ${earlier.label} has ${earlier.size}`,
        { hint: 'give both the same number of columns with --map' },
      );
    }
    if (isName(size)) sizes.set(size, { size: rest, label });
    return rest;
  });
}
