import type { DuckDBVector } from '@duckdb/node-api';
import { type CellTarget, type OnMissing, targetsByColumn } from '../cell-types.ts';
import { columnReader } from './column-reader.ts';
import { keepValues } from '../row-batch.ts';
import type { ParquetTable } from './parquet-table.ts';

/** A row that cannot be used. */
export interface RejectedValue {
  /** From 1. */
  row: number;
  /** The position of the column, from 0; -1: it is about the whole row. */
  column: number;
  reason: string;
  /** Whether the model could not take it. */
  byModel?: boolean;
}

export interface ReadRows {
  /** How many rows the targets hold, from the first place on. */
  kept: number;
  /** `places[i]`: the row of the batch that is in place `i`; null: all rows, each in its place. */
  places: Int32Array | null;
  rejected: RejectedValue[];
}

export interface RowReader {
  /** `first`: how many rows of the table come before these. */
  read(vectorAt: (at: number) => DuckDBVector, count: number, first: number): ReadRows;
}

/**
 * Reads batches of rows into targets. `used`: the columns that the vectors are of, in their order,
 * which is that of the file.
 */
export function rowReader(
  table: ParquetTable,
  used: readonly number[],
  targets: readonly CellTarget[],
  onMissing: OnMissing,
): RowReader {
  const byColumn = targetsByColumn(targets, table.columns.length);
  const readers = used.flatMap((position, at) => {
    const column = table.columns[position];
    if (column === undefined) throw new Error(`the table has no column ${position}`);
    return (byColumn[position] ?? []).map((target) => ({
      at,
      position,
      read: columnReader(column, target, onMissing),
    }));
  });
  return {
    read(vectorAt, count, first) {
      const bad = new Map<number, RejectedValue>();
      for (const { at, position, read } of readers)
        read(vectorAt(at), count, (row, reason) => {
          if (!bad.has(row)) bad.set(row, { row: first + row + 1, column: position, reason });
        });
      if (bad.size === 0) return { kept: count, places: null, rejected: [] };
      const places = new Int32Array(count - bad.size);
      let kept = 0;
      for (let row = 0; row < count; row++) if (!bad.has(row)) places[kept++] = row;
      for (const target of targets) keepValues(target, places);
      const rejected = [...bad.values()].sort((one, other) => one.row - other.row);
      return { kept, places, rejected };
    },
  };
}

/**
 * What was read without rows that turned out to be unusable: `place` is theirs in the targets. Values
 * in the targets stay where they are. `first` as of `read`.
 */
export function leaveOut(
  { kept, places, rejected }: ReadRows,
  failed: readonly { place: number; reason: string }[],
  first: number,
): ReadRows {
  if (failed.length === 0) return { kept, places, rejected };
  const lost = new Set(failed.map(({ place }) => place));
  const own = Int32Array.from({ length: kept }, (_, place) => places?.[place] ?? place);
  const further = failed.map(({ place, reason }): RejectedValue => {
    return { row: first + (own[place] ?? 0) + 1, column: -1, reason, byModel: true };
  });
  return {
    kept: kept - failed.length,
    places: own.filter((_, place) => !lost.has(place)),
    rejected: [...rejected, ...further].sort((one, other) => one.row - other.row),
  };
}
