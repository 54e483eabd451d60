import type { DuckDBStructVector, DuckDBType, DuckDBVarCharVector } from '@duckdb/node-api';
import type { CellType } from '../cell-types.ts';
import type { DuckDb } from './load-duckdb.ts';
import type { NumberArray } from '../../core/element-types.ts';
import { itemsOf, viewOf } from './vector-memory.ts';

/** A column that is added to the table. */
export interface OutputField {
  name: string;
  /** Float16 comes as its numbers, and is stored as float32: Parquet's own half is rarely read. */
  dtype: Exclude<CellType, 'text' | 'number'>;
}

/** The values of a field for some rows: that of row `r` is `data[r * stride + offset]`. */
export interface FieldValues {
  data: NumberArray | readonly string[];
  offset: number;
  stride: number;
}

export function fieldType(duckdb: DuckDb, dtype: OutputField['dtype']): DuckDBType {
  switch (dtype) {
    case 'float16':
    case 'float32':
      return duckdb.FLOAT;
    case 'float64':
      return duckdb.DOUBLE;
    case 'int8':
      return duckdb.TINYINT;
    case 'int16':
      return duckdb.SMALLINT;
    case 'int32':
      return duckdb.INTEGER;
    case 'int64':
      return duckdb.BIGINT;
    case 'uint8':
      return duckdb.UTINYINT;
    case 'uint16':
      return duckdb.USMALLINT;
    case 'uint32':
      return duckdb.UINTEGER;
    case 'uint64':
      return duckdb.UBIGINT;
    case 'bool':
      return duckdb.BOOLEAN;
    case 'string':
      return duckdb.VARCHAR;
  }
}

/**
 * Writes values into a vector of structs, a field each. `places[i]`: the row of value `i`, if the
 * values are not for all rows; the others become NULL.
 */
export function writeFields(
  vector: DuckDBStructVector,
  fields: readonly OutputField[],
  values: readonly FieldValues[],
  count: number,
  places: Int32Array | null,
  rows: number,
): void {
  if (places !== null) {
    let next = 0;
    for (let row = 0; row < rows; row++)
      if (next < count && places[next] === row) next++;
      else vector.setItem(row, null);
  }
  fields.forEach(({ dtype }, field) => {
    const { data, offset, stride } = values[field] as FieldValues;
    const child = vector.entryVectorAt(field);
    if (dtype === 'string') {
      const texts = child as DuckDBVarCharVector;
      for (let index = 0; index < count; index++)
        texts.setItem(places?.[index] ?? index, (data as readonly string[])[index * stride + offset] ?? '');
    } else if (dtype === 'bool') {
      const view = viewOf(child);
      for (let index = 0; index < count; index++)
        view.setUint8(places?.[index] ?? index, Number(data[index * stride + offset]) === 0 ? 0 : 1);
      // Types of fields and of their values are the same.
    } else copyItems(data as Float64Array, offset, stride, itemsOf(child) as Float64Array, count, places);
  });
  vector.flush();
}

function copyItems(
  data: Float64Array,
  offset: number,
  stride: number,
  items: Float64Array,
  count: number,
  places: Int32Array | null,
): void {
  if (places === null)
    for (let index = 0, from = offset; index < count; index++, from += stride)
      items[index] = data[from] as number;
  else
    for (let index = 0, from = offset; index < count; index++, from += stride)
      items[places[index] as number] = data[from] as number;
}
