import type { ElementArray, ElementType } from '../core/element-types.ts';

/**
 * The types that cells are read as. Float16 is kept as its bits, a boolean as 0 or 1. `text` keeps
 * any cell as it is, as a code of a dictionary.
 */
export type CellType = ElementType | 'text';

/** Where the cells of one column go: row `r` to `into[r * stride + offset]`. */
export interface CellTarget {
  column: number;
  type: CellType;
  into: ElementArray;
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
