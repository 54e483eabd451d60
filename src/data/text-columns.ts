import { createBatch } from './row-batch.ts';
import { isNumberLike } from './read-cell.ts';
import type { CellTarget } from './cell-types.ts';
import { delimitedScanner } from './scan-delimited.ts';

/** Rows that tell what a column holds. */
const rowsRead = 200;

/**
 * The positions of columns that hold text: of their cells in the first rows, missing ones left out,
 * most are no numbers. `rows` are whole records, and a newline that is not part of them.
 */
export function textColumns(columns: readonly string[], rows: Buffer, delimiter: number): Set<number> {
  const targets = columns.map((_, column): Required<Pick<CellTarget, 'dictionary'>> & CellTarget => {
    const dictionary = new Map<string, number>();
    return { column, type: 'text', into: new Int32Array(rowsRead), offset: 0, stride: 1, dictionary };
  });
  const scanner = delimitedScanner({ columns, targets }, delimiter, 'reject');
  const batch = createBatch(rowsRead, null);
  scanner.open(rows, rows.length - 1);
  scanner.fill(batch);
  const found = new Set<number>();
  for (const { column, into, dictionary } of targets) {
    const isNumber = [...dictionary.keys()].map((text) => isNumberLike(text));
    let [numbers, texts] = [0, 0];
    for (let row = 0; row < batch.count; row++) {
      const is = isNumber[Number(into[row])];
      if (is === true) numbers++;
      else if (is === false) texts++;
    }
    if (texts > numbers) found.add(column);
  }
  return found;
}
