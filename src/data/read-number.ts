import { decimal } from '../core/text/numbers.ts';
import type { CellReader, CellTarget } from './cell-types.ts';
import { powersOfTen } from './float-text.ts';

/**
 * What tools write for a value that is missing: pandas, R, NumPy, SQL. An empty cell is missing, too.
 */
export const missingWords = new Set(['', 'NaN', 'nan', 'NA', 'N/A', '#N/A', 'NULL', 'null', 'None', '<NA>']);
export const infinity = /^[+-]?inf(?:inity)?$/i;
const [minus, dot, zero] = [45, 46, 48];

/**
 * Reads cells that should be numbers, whatever they are: a number as a double, and NaN for a cell
 * that is missing or no number. Of those, the dictionary counts how often each occurs.
 */
export function looseNumberReader({ into, offset, stride, dictionary }: CellTarget): CellReader {
  const numbers = into as Float64Array;
  return (bytes, from, to, row, _quoted, doubled) => {
    const at = row * stride + offset;
    // Fifteen digits and the powers of ten are exact doubles, so their quotient is rounded once.
    let place = from | 0;
    const negative = bytes[place] === minus;
    if (negative) place++;
    const first = place;
    let mantissa = 0;
    let digit = 0;
    while (place < to && (digit = (bytes[place] as number) - zero) >>> 0 < 10) {
      mantissa = mantissa * 10 + digit;
      place++;
    }
    let decimals = place;
    if (place < to && bytes[place] === dot) {
      decimals = ++place;
      while (place < to && (digit = (bytes[place] as number) - zero) >>> 0 < 10) {
        mantissa = mantissa * 10 + digit;
        place++;
      }
      if (place - first <= 16 && place - first > 1 && place === to) {
        const value = mantissa / (powersOfTen[place - decimals] as number);
        numbers[at] = negative ? -value : value;
        return '';
      }
    } else if (place === to && place > first && place - first <= 15) {
      numbers[at] = negative ? -mantissa : mantissa;
      return '';
    }
    const raw = bytes.toString('utf8', from, to);
    const text = doubled ? raw.replaceAll('""', '"') : raw;
    const word = text.trim();
    numbers[at] = Number.NaN;
    if (missingWords.has(word)) return '';
    if (decimal.test(word)) numbers[at] = Number(word);
    else if (infinity.test(word)) numbers[at] = word.startsWith('-') ? -Infinity : Infinity;
    else dictionary?.set(text, (dictionary.get(text) ?? 0) + 1);
    return '';
  };
}
