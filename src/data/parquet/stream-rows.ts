import type { DuckDBDataChunk } from '@duckdb/node-api';
import { asTableError } from './duckdb-errors.ts';
import { type ParquetTable, type RowRange, sourceOf } from './parquet-table.ts';

/**
 * Reads columns of some rows batch after batch, in the order of the rows, and ends early if `each`
 * says that it has enough. `first` counts the rows of the table before the batch, which is gone when
 * `each` has settled. Rejects as `each` does, and INVALID_INPUT if the table is damaged.
 */
export async function streamRows(
  table: ParquetTable,
  columns: readonly number[],
  range: RowRange,
  each: (batch: DuckDBDataChunk, first: number) => Promise<'more' | 'enough'>,
): Promise<void> {
  // Rows are counted even if no column is wanted.
  const listed = columns.length === 0 ? '0' : columns.map((at) => `c${at}`).join(', ');
  const connection = await table.database.connect();
  const damaged = (error: unknown): never => {
    throw asTableError(error, table.what);
  };
  let next: Promise<DuckDBDataChunk | null> | undefined;
  try {
    const result = await connection.stream(`SELECT ${listed} FROM ${sourceOf(table, range)}`).catch(damaged);
    let first = range.from;
    next = result.fetchChunk();
    for (;;) {
      const batch = await next.catch(damaged);
      if (batch === null || batch.rowCount === 0) return;
      // DuckDB reads on its own thread meanwhile.
      next = result.fetchChunk();
      next.catch(() => undefined);
      if ((await each(batch, first)) === 'enough') return;
      first += batch.rowCount;
    }
  } finally {
    await next?.catch(() => undefined);
    connection.closeSync();
  }
}
