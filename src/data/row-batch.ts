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

/** A row that cannot be used. */
export interface RejectedRow {
  /** Counts line ends from the start of the block. */
  line: number;
  /** The position of the column; -1: it is about the whole row. */
  column: number;
  reason: string;
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
}
