import Database from 'better-sqlite3';
import assert from 'node:assert/strict';
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { isMlregError } from '../../src/core/errors.ts';
import { openRegistry } from '../../src/open-registry.ts';
import { verify } from '../../src/registry/verify.ts';
import { tempFolder, type Cleanup } from '../support/temp-folder.ts';
import { openOptions } from '../support/temp-registry.ts';

/** Nothing else says what it was: a count that only has to grow, and numbers that mean something only where another row has them. */
const unsupported = new Set(['registry.collections', 'versions.id']);

/** A copy of the kept registry that has a row of everything. */
function keptCopy(t: Cleanup): string {
  const home = join(tempFolder(t), 'registry');
  cpSync(fileURLToPath(new URL('registry-2', import.meta.url)), home, { recursive: true });
  for (const folder of ['tmp', 'trash', 'quarantine']) mkdirSync(join(home, folder), { recursive: true });
  return home;
}

interface Cell {
  table: string;
  column: string;
  rowid: number;
  value: unknown;
}

function cellsOf(path: string): Cell[] {
  const database = new Database(path);
  try {
    const tables = database
      .prepare(`select name from sqlite_schema where type = 'table'`)
      .pluck()
      .all() as string[];
    return tables.flatMap((table) =>
      (
        database.prepare(`select rowid as its_rowid, * from ${table}`).all() as Record<string, unknown>[]
      ).flatMap(({ its_rowid: rowid, ...row }) =>
        Object.entries(row).map(([column, value]) => ({ table, column, rowid: Number(rowid), value })),
      ),
    );
  } finally {
    database.close();
  }
}

/** As little as a bit that turned: a number one higher, a letter more, something where there was nothing. */
function altered({ table, column, value }: Cell, database: Database.Database): unknown {
  if (typeof value === 'number') return value + 1;
  if (typeof value === 'string') return `${value}~`;
  if (Buffer.isBuffer(value)) return Buffer.concat([value, Buffer.from([0])]);
  const type = database
    .prepare(`select type from pragma_table_info(?) where name = ?`)
    .pluck()
    .get(table, column);
  return type === 'INTEGER' ? 1 : '~';
}

/** False where SQLite itself does not let it be. */
function alter(path: string, cell: Cell): boolean {
  const database = new Database(path);
  try {
    database.pragma('foreign_keys = OFF');
    database
      .prepare(`update ${cell.table} set ${cell.column} = ? where rowid = ?`)
      .run(altered(cell, database), cell.rowid);
    return true;
  } catch (error) {
    if (/constraint failed/.test((error as Error).message)) return false;
    throw error;
  } finally {
    database.close();
  }
}

async function seemsWhole(home: string): Promise<boolean> {
  try {
    const registry = await openRegistry(home, openOptions());
    try {
      return (await verify(registry, { quick: true })).ok;
    } finally {
      await registry.close();
    }
  } catch (error) {
    if (isMlregError(error, 'INTEGRITY')) return false;
    throw error;
  }
}

test('verify finds a change of any cell of any table', async (t) => {
  const home = keptCopy(t);
  const path = join(home, 'mlreg.db');
  await (await openRegistry(home, openOptions())).close();
  const whole = readFileSync(path);
  const missed = new Map<string, number>();
  let changed = 0;
  for (const cell of cellsOf(path)) {
    const name = `${cell.table}.${cell.column}`;
    if (unsupported.has(name)) continue;
    writeFileSync(path, whole);
    for (const beside of ['-wal', '-shm']) rmSync(`${path}${beside}`, { force: true });
    if (!alter(path, cell)) continue;
    changed += 1;
    if (await seemsWhole(home)) missed.set(name, (missed.get(name) ?? 0) + 1);
  }
  assert.ok(changed > 300, `${changed} cells`);
  assert.deepEqual(Object.fromEntries(missed), {});
});
