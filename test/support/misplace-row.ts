import Database from 'better-sqlite3';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Turns bits of the number of a table's second row, so that it stands between the first and the
 * third as 120. SQLite walks past it without an error. See "B-tree Pages" in
 * https://sqlite.org/fileformat2.html; the table must fit in one page.
 */
export function misplaceRow(home: string, table: string): void {
  const path = join(home, 'mlreg.db');
  const database = new Database(path);
  const { rootpage } = database.prepare('select rootpage from sqlite_schema where name = ?').get(table) as {
    rootpage: number;
  };
  const size = database.pragma('page_size', { simple: true }) as number;
  database.pragma('wal_checkpoint(truncate)');
  database.close();
  const bytes = readFileSync(path);
  const page = (rootpage - 1) * size;
  if (bytes[page] !== 13) throw new Error(`${table} does not fit in one page`);
  // After the header of 8 bytes stand the places of the cells, two bytes each.
  let at = page + bytes.readUInt16BE(page + 8 + 2);
  // The size of the row, in bytes of which all but the last have the high bit.
  while ((bytes[at] ?? 0) > 127) at += 1;
  at += 1;
  if (bytes[at] !== 2) throw new Error(`the second row of ${table} is not 2`);
  bytes[at] = 120;
  writeFileSync(path, bytes);
}
