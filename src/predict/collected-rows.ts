import type { ElementArray, NumberArray } from '../core/element-types.ts';
import type { Digest } from '../core/versions/artifact.ts';
import type { FeedDtype } from '../onnx/feeds/feed-dtypes.ts';

/**
 * What a model predicted for the rows of a table, in the order of the rows, with the text of some
 * of the table's columns beside it. Rejected rows are left out of all of it.
 */
export interface CollectedRows {
  rows: number;
  /** SHA-256 of the table's bytes as they are stored, compressed if they are. */
  digest: Digest;
  /** The names of the table's columns. */
  header: string[];
  /** The columns that were asked for, by name. */
  cells: Map<string, CodedCells>;
  /** In the order of the model. */
  outputs: CollectedOutput[];
  rejected: number;
  /** Which ones, by their place among all rows of the table, from 0, in order. */
  rejectedAt: Int32Array;
}

/** The cells of a column as text: cell `i` is `values[codes[i]]`. Few values make it small. */
export interface CodedCells {
  codes: Int32Array;
  values: string[];
}

/** One output of a model for all rows: `width` elements a row, row-major. */
export interface CollectedOutput {
  name: string;
  dtype: FeedDtype;
  width: number;
  /** The class of each of its elements in a row, if the model names them. */
  classes?: readonly string[] | undefined;
  /** Float16 as its numbers; booleans as 0 and 1. */
  data: ElementArray;
}

/** The part of some rows in a row, as the child sends it. */
export interface CollectedBlock {
  rows: number;
  /** As the columns that were asked for; codes count within the block. */
  cells: CodedCells[];
  outputs: CollectedOutput[];
  /** Rows that were rejected since the block before: their places among all rows of the table. */
  rejectedAt?: Int32Array;
}

/** Puts blocks together, which come in the order of the rows. */
export interface RowCollector {
  add(block: CollectedBlock): void;
  /** All of it; the collector is empty afterwards. */
  finish(): Pick<CollectedRows, 'rows' | 'cells' | 'outputs' | 'rejectedAt'>;
}

/** `columns`: the columns that were asked for. */
export function collectRows(columns: readonly string[]): RowCollector {
  const blocks: CollectedBlock[] = [];
  const rejected: Int32Array[] = [];
  let rows = 0;
  return {
    add(block) {
      if (block.rejectedAt !== undefined) rejected.push(block.rejectedAt);
      if (block.rows === 0) return;
      blocks.push(block);
      rows += block.rows;
    },
    finish() {
      const cells = new Map(columns.map((name, at) => [name, joinCells(blocks, at, rows)]));
      const outputs = (blocks[0]?.outputs ?? []).map(({ name, dtype, width, classes }, at) => ({
        name,
        dtype,
        width,
        classes,
        data: joinData(blocks.map((block) => block.outputs[at]?.data ?? [])),
      }));
      blocks.length = 0;
      return { rows, cells, outputs, rejectedAt: joinData(rejected.length === 0 ? [none] : rejected) };
    },
  };
}

const none = new Int32Array(0);

/** Without the rows that are rejected in `other`, too, which is of the same table. */
export function withoutRejectedOf(
  one: CollectedRows,
  { rejectedAt: others }: Pick<CollectedRows, 'rejectedAt'>,
): CollectedRows {
  const own = new Set(one.rejectedAt);
  const all = [...new Set([...one.rejectedAt, ...others])].sort((first, second) => first - second);
  if (all.length === own.size) return one;
  const lost = new Set<number>();
  let before = 0;
  for (const at of all)
    if (own.has(at)) before++;
    else lost.add(at - before);
  const kept = Int32Array.from({ length: one.rows }, (_, row) => row).filter((row) => !lost.has(row));
  return {
    ...one,
    rows: kept.length,
    rejected: all.length,
    rejectedAt: Int32Array.from(all),
    cells: new Map(
      [...one.cells].map(([name, { codes, values }]) => [
        name,
        { codes: kept.map((row) => codes[row] ?? 0), values },
      ]),
    ),
    outputs: one.outputs.map((output) => ({ ...output, data: rowsOf(output, kept) })),
  };
}

function rowsOf({ data, width }: CollectedOutput, rows: Int32Array): ElementArray {
  const picked = data.slice(0, rows.length * width) as ElementArray;
  for (const [at, row] of rows.entries())
    for (let index = 0; index < width; index++)
      picked[at * width + index] = data[row * width + index] as never;
  return picked;
}

function joinCells(blocks: readonly CollectedBlock[], at: number, rows: number): CodedCells {
  const codes = new Int32Array(rows);
  const known = new Map<string, number>();
  let done = 0;
  for (const { cells, rows: count } of blocks) {
    const { codes: own, values } = cells[at] ?? { codes: new Int32Array(count), values: [''] };
    const coded = values.map((value) => {
      const code = known.get(value) ?? known.size;
      known.set(value, code);
      return code;
    });
    for (let row = 0; row < count; row++) codes[done + row] = coded[own[row] ?? 0] ?? 0;
    done += count;
  }
  return { codes, values: [...known.keys()] };
}

export function joinData<Data extends ElementArray>(parts: readonly Data[]): Data {
  const [first] = parts;
  if (first === undefined || Array.isArray(first)) return (parts as readonly string[][]).flat() as Data;
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const whole = new (first.constructor as new (length: number) => NumberArray)(length);
  let done = 0;
  for (const part of parts) {
    // All blocks have the same types.
    whole.set(part as never, done);
    done += part.length;
  }
  return whole as Data;
}
