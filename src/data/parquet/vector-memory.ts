import type { DuckDBVector } from '@duckdb/node-api';
import type { NumberArray } from '../../core/element-types.ts';

/**
 * What the vectors of @duckdb/node-api hold, which their types keep private: reading millions of
 * values one by one through `getItem` takes ten times as long.
 */
interface VectorMemory {
  /** Of numbers and enumerations, one a row. */
  items: NumberArray;
  /** Of booleans, a byte each, and of decimals. */
  dataView: DataView;
  /** A bit a row, 1 if it has a value; null: all rows have one. */
  validity: { data: BigUint64Array | null };
}

function memoryOf(vector: DuckDBVector): VectorMemory {
  return vector as unknown as VectorMemory;
}

export function itemsOf(vector: DuckDBVector): NumberArray {
  return memoryOf(vector).items;
}

export function viewOf(vector: DuckDBVector): DataView {
  return memoryOf(vector).dataView;
}

/** A bit a row, 32 rows a word, 1 if the row has a value: items of other rows hold garbage. */
export function validWords(vector: DuckDBVector): Uint32Array | null {
  const { data } = memoryOf(vector).validity;
  return data === null ? null : new Uint32Array(data.buffer, data.byteOffset, data.length * 2);
}

export function isValid(words: Uint32Array | null, row: number): boolean {
  return words === null || (((words[row >>> 5] as number) >>> (row & 31)) & 1) === 1;
}
