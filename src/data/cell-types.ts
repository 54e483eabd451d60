import type { ElementArray, ElementType } from '../core/element-types.ts';

/**
 * The types that cells are read as. Float16 is kept as its bits, a boolean as 0 or 1. `text` keeps
 * any cell as it is, as a code of a dictionary. `number` is a double, and NaN for every cell that is
 * no number, which is never a reason to reject a row; the dictionary counts such cells.
 */
export type CellType = ElementType | 'text' | 'number';

/** Where the cells of one column go: row `r` to `into[r * stride + offset]`. */
export interface CellTarget {
  column: number;
  type: CellType;
  into: ElementArray;
  offset: number;
  stride: number;
  /** Only for `float16`: the bits of the half-precision float nearest to a number. */
  toBits?: (value: number) => number;
  /** Only for `text`: the codes of the texts so far; for `number`: how often each other cell occurs. */
  dictionary?: Map<string, number>;
}

/**
 * Reads the cell `bytes[from, to)` of a row into its place; returns why it cannot, or an empty text.
 * `quoted`: it stood in quotes, which are not part of it; `doubled`: some quotes in it are doubled.
 */
export type CellReader = (
  bytes: Buffer,
  from: number,
  to: number,
  row: number,
  quoted: boolean,
  doubled: boolean,
) => string;

/** The targets of each of the columns, in order. */
export function targetsByColumn(targets: readonly CellTarget[], columns: number): CellTarget[][] {
  const own = Array.from({ length: columns }, (): CellTarget[] => []);
  for (const target of targets) own[target.column]?.push(target);
  return own;
}

/** What to do about a cell that is empty, or says that it is missing, such as NaN or NULL. */
export type OnMissing = 'reject' | 'nan';
