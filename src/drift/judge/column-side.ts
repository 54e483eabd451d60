import type { CellKind, ColumnData } from '../columns/column-data.ts';
import { sortNumbers } from '../../stats/sort-numbers.ts';

/** One side of a column, ready to be compared. */
export interface ColumnSide {
  kind: CellKind;
  rows: number;
  /** Rows with a finite number or a text. */
  count: number;
  missing: number;
  infinite: number;
  invalid: number;
  /** Of numbers and times: ascending. */
  sorted: Float64Array | null;
  /** Of texts: how many rows have each. */
  counts: Map<string, number> | null;
  /** Rows with texts that are not counted one by one. */
  others: number;
  /** Whether all numbers are integers. */
  integer: boolean;
  /** Whether integers are so large that neighbours may have become one double. */
  inexact: boolean;
}

/** Arrays that are used for column after column, each as long as the longer table. */
export interface Buffers {
  own: Float64Array;
  scratch: Float64Array;
}

/** Loads a column. Numbers stay in one of the buffers, which the next call with them overwrites. */
export async function loadSide(column: ColumnData, buffers: Buffers): Promise<ColumnSide> {
  const { kind, rows } = column;
  const values = buffers.own.subarray(0, rows);
  await column.load(values);
  const invalid = column.invalid();
  if (kind === 'text') return textSide(column, values);
  let [count, missing, infinite, whole, largest] = [0, 0, 0, 0, 0];
  for (let row = 0; row < rows; row++) {
    const value = values[row] as number;
    if (value - value === 0) {
      values[count++] = value;
      if (Math.floor(value) === value) whole++;
      const size = Math.abs(value);
      if (size > largest) largest = size;
    } else if (value === value) infinite++;
    else missing++;
  }
  const integer = count > 0 && whole === count;
  return {
    kind: kind === 'number' && count + infinite + invalid === 0 ? 'none' : kind,
    rows,
    count,
    missing: missing - invalid,
    infinite,
    invalid,
    sorted: sortNumbers(values.subarray(0, count), buffers.scratch),
    counts: null,
    others: 0,
    integer: integer && kind === 'number',
    inexact: integer && largest > Number.MAX_SAFE_INTEGER,
  };
}

function textSide(column: ColumnData, codes: Float64Array): ColumnSide {
  const texts = column.texts();
  const tally = new Float64Array(texts.length);
  let missing = 0;
  for (const code of codes) {
    if (code >= 0) tally[code]!++;
    else if (code !== -1) missing++;
  }
  const counts = new Map<string, number>();
  for (const [code, text] of texts.entries()) if ((tally[code] ?? 0) > 0) counts.set(text, tally[code] ?? 0);
  const { rows } = column;
  return {
    kind: missing === rows ? 'none' : 'text',
    rows,
    count: rows - missing,
    missing,
    infinite: 0,
    invalid: 0,
    sorted: null,
    counts,
    others: column.others(),
    integer: false,
    inexact: false,
  };
}

/** How many different values an ascending array has, counted up to `limit`. */
export function countDistinct(sorted: Float64Array, limit = Infinity): number {
  let distinct = sorted.length === 0 ? 0 : 1;
  for (let at = 1; at < sorted.length && distinct < limit; at++)
    if (sorted[at] !== sorted[at - 1]) distinct++;
  return distinct;
}

/** The different values of an ascending array with their rows; null: more than `limit`. */
export function valueCounts(sorted: Float64Array, limit: number): Map<number, number> | null {
  const counts = new Map<number, number>();
  for (let from = 0; from < sorted.length;) {
    const value = sorted[from] as number;
    let to = from + 1;
    while (to < sorted.length && sorted[to] === value) to++;
    if (counts.size >= limit) return null;
    counts.set(value, to - from);
    from = to;
  }
  return counts;
}
