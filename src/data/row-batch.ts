import type { CellTarget } from './cell-types.ts';

/** Rows that were read from a block of bytes, up to a capacity. Reused for batch after batch. */
export interface RowBatch {
  /** How many rows it holds. */
  count: number;
  readonly capacity: number;
  /** The first byte of each row. */
  readonly starts: Int32Array;
  /** One after its last byte, without the end of the line. */
  readonly ends: Int32Array;
  /** The first byte after the end of the line. */
  readonly nexts: Int32Array;
  /**
   * Of each row, the first byte of each column and one after its last: `bounds[(row * columns +
   * column) * 2]`. Null: nobody needs them.
   */
  readonly bounds: Int32Array | null;
}

export function createBatch(capacity: number, boundColumns: number | null): RowBatch {
  return {
    count: 0,
    capacity,
    starts: new Int32Array(capacity),
    ends: new Int32Array(capacity),
    nexts: new Int32Array(capacity),
    bounds: boundColumns === null ? null : new Int32Array(capacity * boundColumns * 2),
  };
}

/** Leaves the rows in these places, in order, in a batch of tables with `columns` columns. */
export function keepRows(batch: RowBatch, columns: number, places: Int32Array): void {
  const { starts, ends, nexts, bounds } = batch;
  for (const [to, from] of places.entries()) {
    for (const own of [starts, ends, nexts]) own[to] = own[from] as number;
    bounds?.copyWithin(to * columns * 2, from * columns * 2, (from + 1) * columns * 2);
  }
  batch.count = places.length;
}

/** Moves the values of the rows in these places to the front. */
export function keepValues({ into, offset, stride }: CellTarget, places: Int32Array): void {
  // Values keep their type.
  const values = into as Float64Array;
  for (let place = 0; place < places.length; place++)
    values[place * stride + offset] = values[(places[place] as number) * stride + offset] as number;
}

/** A row that cannot be used. */
export interface RejectedRow {
  /** Counts line ends from the start of the block. */
  line: number;
  /** The position of the column; -1: it is about the whole row. */
  column: number;
  reason: string;
  /** Whether the model could not take it. */
  byModel?: boolean;
  start: number;
  end: number;
}

/** Reads the rows of one block of bytes after another. */
export interface RowScanner {
  /** `bytes[end]` must be a newline, which is not part of the rows. */
  open(bytes: Uint8Array, end: number): void;
  /** Fills the batch with the next rows; false if the block has no more. */
  fill(batch: RowBatch): boolean;
  /** The rows that were rejected since the last call. */
  takeRejected(): RejectedRow[];
  /** Line ends in the block, once all of it was read. */
  lines(): number;
}

/** What a scanner must know of a table. */
export interface ScanPlan {
  columns: readonly string[];
  targets: readonly CellTarget[];
  /**
   * Only of JSON lines: hears of each value that is no column, by the place of its row in the batch
   * and the member of the record that it is in.
   */
  onStranger?: (place: number, member: string) => void;
}
