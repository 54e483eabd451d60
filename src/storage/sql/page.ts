import type { Page } from '../page.ts';
import { damaged } from './stored-json.ts';

/** A page of rows of which one more than `limit` was asked for. */
export function toPage<Row, Key>(rows: Row[], limit: number, keyOf: (row: Row) => Key): Page<Row, Key> {
  const last = rows[limit - 1];
  return rows.length > limit && last !== undefined
    ? { rows: rows.slice(0, limit), next: keyOf(last) }
    : { rows };
}

/** Where the page before ended (`undefined`: this is the first), and which way the keys go. */
interface Course<Key> {
  from: Key | undefined;
  way: 'up' | 'down';
}

/**
 * The rows of a page as they were read, once it is sure that each lies beyond the one before, and
 * the first beyond the cursor. In a damaged tree they need not: SQLite gives rows that a search
 * would not find, and whoever goes on from the last of them goes round for ever. INTEGRITY.
 */
export function inOrder<Row, Key extends string | number>(
  rows: Row[],
  keyOf: (row: Row) => Key,
  { from, way }: Course<Key>,
): Row[] {
  let last: string | number | undefined = from;
  for (const row of rows) {
    const key: unknown = keyOf(row);
    // What a damaged row says may be of any type.
    if (typeof key !== 'string' && typeof key !== 'number') throw damaged('the order of rows');
    if (last !== undefined && !(way === 'up' ? key > last : key < last)) throw damaged('the order of rows');
    last = key;
  }
  return rows;
}
