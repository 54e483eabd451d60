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
}

/** The cells of a column as text: cell `i` is `values[codes[i]]`. Few values make it small. */
export interface CodedCells {
  codes: Int32Array;
  values: string[];
}

/** Float16 as its numbers; booleans as 0 and 1. */
export type OutputData =
  | Float32Array
  | Float64Array
  | Int8Array
  | Int16Array
  | Int32Array
  | BigInt64Array
  | Uint8Array
  | Uint16Array
  | Uint32Array
  | BigUint64Array
  | string[];

/** One output of a model for all rows: `width` elements a row, row-major. */
export interface CollectedOutput {
  name: string;
  dtype: FeedDtype;
  width: number;
  /** The class of each of its elements in a row, if the model names them. */
  classes?: readonly string[] | undefined;
  data: OutputData;
}

/** The part of some rows in a row, as the child sends it. */
export interface CollectedBlock {
  rows: number;
  /** As the columns that were asked for; codes count within the block. */
  cells: CodedCells[];
  outputs: CollectedOutput[];
}

/** Puts blocks together, which come in the order of the rows. */
export interface RowCollector {
  add(block: CollectedBlock): void;
  /** All of it; the collector is empty afterwards. */
  finish(): Pick<CollectedRows, 'rows' | 'cells' | 'outputs'>;
}

/** `columns`: the columns that were asked for. */
export function collectRows(columns: readonly string[]): RowCollector {
  const blocks: CollectedBlock[] = [];
  let rows = 0;
  return {
    add(block) {
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
      return { rows, cells, outputs };
    },
  };
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

export function joinData(parts: readonly OutputData[]): OutputData {
  const [first] = parts;
  if (first === undefined || Array.isArray(first)) return (parts as string[][]).flat();
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const whole = new (first.constructor as new (length: number) => Exclude<OutputData, string[]>)(length);
  let done = 0;
  for (const part of parts) {
    // All blocks have the same types.
    whole.set(part as never, done);
    done += part.length;
  }
  return whole;
}
