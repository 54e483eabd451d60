import type { DuckDBDecimalType, DuckDBType } from '@duckdb/node-api';
import { MlregError } from '../../core/errors.ts';
import { quote } from '../../core/text/quote.ts';
import type { CellType } from '../cell-types.ts';
import type { DuckDb } from './load-duckdb.ts';

/**
 * How a column's values are read. `double`: FLOAT or DOUBLE; `bigint`: 64 bits; `other`: dates,
 * blobs, nested values and so on, which fill no input.
 */
export type ColumnKind = 'integer' | 'bigint' | 'double' | 'decimal' | 'boolean' | 'text' | 'other';

export function columnKind({ DuckDBTypeId: ids }: DuckDb, { typeId }: DuckDBType): ColumnKind {
  const kinds = new Map<number, ColumnKind>([
    [ids.TINYINT, 'integer'],
    [ids.SMALLINT, 'integer'],
    [ids.INTEGER, 'integer'],
    [ids.UTINYINT, 'integer'],
    [ids.USMALLINT, 'integer'],
    [ids.UINTEGER, 'integer'],
    [ids.BIGINT, 'bigint'],
    [ids.UBIGINT, 'bigint'],
    [ids.FLOAT, 'double'],
    [ids.DOUBLE, 'double'],
    [ids.DECIMAL, 'decimal'],
    [ids.BOOLEAN, 'boolean'],
    [ids.VARCHAR, 'text'],
  ]);
  return kinds.get(typeId) ?? 'other';
}

/** The bytes of a decimal, which is an integer, and the power of ten that it counts in. */
export function decimalLayout(type: DuckDBType): { bytes: 2 | 4 | 8 | 16; scale: number } {
  const { width, scale } = type as DuckDBDecimalType;
  return { bytes: width <= 4 ? 2 : width <= 9 ? 4 : width <= 18 ? 8 : 16, scale };
}

/** Whether `allColumns` of numbers takes a column: booleans are meant as such less often. */
export function isNumeric(kind: ColumnKind): boolean {
  return kind === 'integer' || kind === 'bigint' || kind === 'double' || kind === 'decimal';
}

/**
 * INVALID_INPUT if a column's type cannot become the input's, whatever its values: a text is not
 * parsed, and a number is written as text only if there is one way to do so.
 */
export function checkConversion(
  { name, kind, typeName }: { name: string; kind: ColumnKind; typeName: string },
  type: CellType,
  input: string,
): void {
  if (type === 'text' || isNumeric(kind) || kind === 'boolean') {
    if (type !== 'string' || kind === 'integer' || kind === 'bigint') return;
  } else if (kind === 'text' && type === 'string') return;
  throw new MlregError(
    'INVALID_INPUT',
    `column ${quote(name)} is ${typeName}, but input ${quote(input)} takes ${type}`,
    {
      hint: 'choose other columns with --columns or --map, or write the table with that type: values are never converted without being asked',
    },
  );
}
