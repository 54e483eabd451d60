import type { Page } from '../page.ts';
import { damaged } from './stored-json.ts';

/** Makes a page from rows that were queried with a limit of `limit + 1`. */
export function toPage<Row, Key>(rows: Row[], limit: number, keyOf: (row: Row) => Key): Page<Row, Key> {
  const last = rows[limit - 1];
  return rows.length > limit && last !== undefined
    ? { rows: rows.slice(0, limit), next: keyOf(last) }
    : { rows };
}

/**
 * Where the previous page ended (`undefined`: this is the first), and the direction of the keys.
 */
interface Course<Key> {
  from: Key | undefined;
  way: 'up' | 'down';
}

/**
 * Returns the rows of a page unchanged after checking that each comes after the one before, and the
 * first after the cursor. In a damaged tree this can fail: SQLite returns rows that a search would
 * not find, and a caller that continues after the last of them would loop forever. INTEGRITY.
 */
export function inOrder<Row, Key extends string | number>(
  rows: Row[],
  keyOf: (row: Row) => Key,
  { from, way }: Course<Key>,
): Row[] {
  let last: string | number | undefined = from;
  for (const row of rows) {
    const key: unknown = keyOf(row);
    // A value from a damaged row may have any type.
    if (typeof key !== 'string' && typeof key !== 'number') throw damaged('the order of rows');
    if (last !== undefined && !(way === 'up' ? key > last : key < last)) throw damaged('the order of rows');
    last = key;
  }
  return rows;
}
