import { MlregError } from '../../core/errors.ts';
import { decimal } from '../../core/text/numbers.ts';
import { quote } from '../../core/text/quote.ts';
import { isNumberLike } from '../../data/read-cell.ts';
import type { CodedCells } from '../../predict/collected-rows.ts';
import type { TargetFacts } from './find-outputs.ts';

/** The rows that have a target, by their positions; null: all of them. */
export interface PresentRows {
  rows: Int32Array | null;
  missing: number;
}

/**
 * Leaves out the rows whose target is missing: an empty cell, and where all others are numbers also
 * a word such as NaN or NULL, which could be a class otherwise.
 */
export function presentRows({ codes, values }: CodedCells): PresentRows {
  const numbers = values.every((text) => isNumberLike(text) !== false);
  const absent = values.map((text) => text.trim() === '' || (numbers && isNumberLike(text) === null));
  if (!absent.includes(true)) return { rows: null, missing: 0 };
  const rows = new Int32Array(codes.length);
  let count = 0;
  for (const [row, code] of codes.entries()) if (absent[code] !== true) rows[count++] = row;
  return { rows: rows.slice(0, count), missing: codes.length - count };
}

/** The cells of some rows; values that only other rows have stay in the list. */
export function cellsOf({ codes, values }: CodedCells, { rows }: PresentRows): CodedCells {
  return { codes: rows === null ? codes : rows.map((row) => codes[row] ?? 0), values };
}

export function targetFacts({ codes, values }: CodedCells): TargetFacts {
  const used = [...new Set(codes)].map((code) => values[code]?.trim() ?? '');
  const numeric = used.every((text) => decimal.test(text));
  return {
    numeric,
    whole: numeric && used.every((text) => Number.isInteger(Number(text))),
    distinct: used.length,
  };
}

/** The targets as numbers. INVALID_INPUT, with the row, for one that is none. */
export function numericTarget({ codes, values }: CodedCells, column: string): Float64Array {
  const numbers = values.map((text) => (decimal.test(text.trim()) ? Number(text) : Number.NaN));
  const target = Float64Array.from(codes, (code) => numbers[code] ?? Number.NaN);
  const row = target.findIndex((value) => !Number.isFinite(value));
  if (row === -1) return target;
  const text = values[codes[row] ?? 0] ?? '';
  throw new MlregError(
    'INVALID_INPUT',
    `column ${quote(column)} has ${quote(text)} in row ${row + 1}, which is not a number`,
    { hint: 'a regression needs numbers; for classes, use --task classification' },
  );
}
