/**
 * The types that cells are read as. Float16 is kept as its bits, a boolean as 0 or 1. `text` keeps
 * any cell as it is, as a code of a dictionary.
 */
export type CellType =
  | 'float32'
  | 'float64'
  | 'float16'
  | 'int8'
  | 'int16'
  | 'int32'
  | 'int64'
  | 'uint8'
  | 'uint16'
  | 'uint32'
  | 'uint64'
  | 'bool'
  | 'string'
  | 'text';

export type CellArray =
  | Float32Array
  | Float64Array
  | Uint16Array
  | Int8Array
  | Int16Array
  | Int32Array
  | BigInt64Array
  | Uint8Array
  | Uint32Array
  | BigUint64Array
  | string[];

/** Where the cells of one column go: row `r` to `into[r * stride + offset]`. */
export interface CellTarget {
  column: number;
  type: CellType;
  into: CellArray;
  offset: number;
  stride: number;
  /** Only for `float16`: the bits of the half-precision float nearest to a number. */
  toBits?: (value: number) => number;
  /** Only for `text`: the codes of the texts so far. */
  dictionary?: Map<string, number>;
}

/** The targets of each of the columns, in order. */
export function targetsByColumn(targets: readonly CellTarget[], columns: number): CellTarget[][] {
  const own = Array.from({ length: columns }, (): CellTarget[] => []);
  for (const target of targets) own[target.column]?.push(target);
  return own;
}

/** What to do about a cell that is empty, or says that it is missing, such as NaN or NULL. */
export type OnMissing = 'reject' | 'nan';
