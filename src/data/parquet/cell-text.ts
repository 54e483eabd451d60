import type { DuckDBVector } from '@duckdb/node-api';
import type { ParquetColumn } from './parquet-table.ts';
import { itemsOf } from './vector-memory.ts';

const single = new Float32Array(1);

/**
 * The text of each value as CSV has it: numbers with the fewest digits that are read back as they
 * are, decimals with their digits, and dates, nested values and so on as DuckDB writes them.
 */
export function cellText(column: ParquetColumn, vector: DuckDBVector): (row: number) => string {
  if (column.kind === 'integer' || column.kind === 'bigint') {
    const items = itemsOf(vector);
    return (row) => String(items[row]);
  }
  if (column.kind === 'double') {
    const items = itemsOf(vector);
    if (items instanceof Float32Array) return (row) => float32Text(items[row] as number);
    return (row) => floatText(items[row] as number);
  }
  return (row) => String(vector.getItem(row));
}

function float32Text(value: number): string {
  if (Number.isInteger(value) || !Number.isFinite(value)) return floatText(value);
  for (let digits = 1; digits < 9; digits++) {
    const shorter = Number(value.toPrecision(digits));
    single[0] = shorter;
    if (single[0] === value) return String(shorter);
  }
  return String(Number(value.toPrecision(9)));
}

/** As NumPy writes what is not finite. */
function floatText(value: number): string {
  if (Number.isFinite(value)) return Object.is(value, -0) ? '-0' : String(value);
  return Number.isNaN(value) ? 'NaN' : value > 0 ? 'inf' : '-inf';
}
