import Database from 'better-sqlite3';
import assert from 'node:assert/strict';
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { listBenches } from '../../src/bench/report/list-benches.ts';
import { isMlregError } from '../../src/core/errors.ts';
import { openRegistry } from '../../src/open-registry.ts';
import { compare } from '../../src/registry/inspect/compare.ts';
import { history } from '../../src/registry/inspect/history.ts';
import { lineage } from '../../src/registry/inspect/lineage.ts';
import { listModels, listVersions } from '../../src/registry/inspect/list.ts';
import { promote } from '../../src/registry/stages/promote.ts';
import type { Registry } from '../../src/registry/registry.ts';
import { show } from '../../src/registry/inspect/show.ts';
import { verify } from '../../src/registry/maintain/verify.ts';
import { tempFolder, type Cleanup } from '../support/temp-folder.ts';
import { exact, modelName, openOptions, ref, stage } from '../support/temp-registry.ts';

/**
 * Nothing else says what it was: a count that only has to grow, and numbers that mean something
 * only where another row has them.
 */
const unsupported = new Set(['registry.collections', 'versions.id']);

/** A copy of the kept registry that has a row of everything. */
function keptCopy(t: Cleanup): string {
  const home = join(tempFolder(t), 'registry');
  cpSync(fileURLToPath(new URL('registry-3', import.meta.url)), home, { recursive: true });
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

/**
 * As little as a bit that turned: a number one higher, a letter more, something where there was
 * nothing.
 */
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

/** Makes bytes of a text, as a bit of its row's header does; a strict table would refuse that. */
function makeBytes(path: string, { table, column, rowid, value }: Cell): void {
  const database = new Database(path).unsafeMode();
  const define = (from: string, to: string): void => {
    database.pragma('writable_schema = ON');
    database.prepare(`update sqlite_schema set sql = replace(sql, ?, ?) where name = ?`).run(from, to, table);
    database.pragma('writable_schema = RESET');
  };
  database.pragma('foreign_keys = OFF');
  const [strict, loose] = [') STRICT', ') /*  */'];
  define(strict, loose);
  database
    .prepare(`update ${table} set ${column} = ? where rowid = ?`)
    .run(Buffer.from(String(value)), rowid);
  define(loose, strict);
  database.close();
}

/** Opens the database of a registry to change its cells behind the registry's back. */
function openToAlter(path: string): Database.Database {
  const database = new Database(path);
  database.pragma('foreign_keys = OFF');
  database.pragma('synchronous = OFF');
  return database;
}

/** The number of rows that have the value now. */
function write(database: Database.Database, { table, column, rowid }: Cell, value: unknown): number {
  return database.prepare(`update ${table} set ${column} = ? where rowid = ?`).run(value, rowid).changes;
}

function restore(database: Database.Database, cell: Cell): void {
  // A changed number of a row, which is a column of some tables, is found under what it became.
  if (write(database, cell, cell.value) === 0)
    write(database, { ...cell, rowid: cell.rowid + 1 }, cell.value);
}

/** False where SQLite itself does not let it be. */
function alter(database: Database.Database, cell: Cell): boolean {
  try {
    write(database, cell, altered(cell, database));
    return true;
  } catch (error) {
    if (/constraint failed/.test((error as Error).message)) return false;
    throw error;
  }
}

async function opened<Result>(home: string, look: (registry: Registry) => Promise<Result>): Promise<Result> {
  const registry = await openRegistry(home, openOptions());
  try {
    return await look(registry);
  } finally {
    await registry.close();
  }
}

/** What people look at: a damaged row may be shown or refused, but is no bug. */
async function looksAtAll(registry: Registry): Promise<void> {
  const looks: ((registry: Registry) => Promise<unknown>)[] = [
    (registry) => listModels(registry, { limit: 50 }),
    (registry) => listVersions(registry, { name: modelName('digits'), limit: 50, yanked: true }),
    (registry) => show(registry, ref('digits@production')),
    (registry) => compare(registry, [ref('digits@production'), ref('digits')]),
    (registry) => lineage(registry, ref('digits')),
    (registry) => history(registry, { limit: 500 }),
    (registry) => listBenches(registry, { limit: 50 }),
    (registry) => promote(registry, { ref: exact('digits@latest'), stage: stage('staging'), dryRun: true }),
  ];
  for (const look of looks) await tolerating(() => look(registry));
}

/** Whether `verify` finds nothing, of a registry that is then looked at. */
async function seemsWhole(registry: Registry): Promise<boolean> {
  try {
    return (await verify(registry, { quick: true })).ok;
  } catch (error) {
    if (isMlregError(error, 'INTEGRITY')) return false;
    throw error;
  } finally {
    await looksAtAll(registry);
  }
}

async function seemsWholeWhenOpened(home: string): Promise<boolean> {
  try {
    return await opened(home, seemsWhole);
  } catch (error) {
    if (isMlregError(error, 'INTEGRITY')) return false;
    throw error;
  }
}

async function tolerating(action: () => Promise<unknown>): Promise<void> {
  try {
    await action();
  } catch (error) {
    if (!isMlregError(error)) throw error;
  }
}

test('verify finds a change of any cell of any table, and what looks at it meets no bug', async (t) => {
  const home = keptCopy(t);
  const path = join(home, 'mlreg.db');
  await (await openRegistry(home, openOptions())).close();
  const cells = cellsOf(path).filter(({ table, column }) => !unsupported.has(`${table}.${column}`));
  const missed = new Map<string, number>();
  const miss = (name: string): void => void missed.set(name, (missed.get(name) ?? 0) + 1);
  const changed =
    (await changeFirsts(home, cells, miss)) +
    (await opened(home, (registry) => changeAll(registry, path, cells, miss)));
  assert.deepEqual(
    cellsOf(path).filter(({ table, column }) => !unsupported.has(`${table}.${column}`)),
    cells,
  );
  assert.ok(changed > 300, `${changed} cells`);
  assert.deepEqual(Object.fromEntries(missed), {});
});

/**
 * Opens the registry anew with a change in the first cell of each column that can have one, and
 * with bytes where the first text of it was. The number of changes.
 */
async function changeFirsts(home: string, cells: Cell[], miss: (name: string) => void): Promise<number> {
  const path = join(home, 'mlreg.db');
  const whole = readFileSync(path);
  const [altered, typed] = [new Set<string>(), new Set<string>()];
  const renew = (): void => {
    writeFileSync(path, whole);
    for (const beside of ['-wal', '-shm']) rmSync(`${path}${beside}`, { force: true });
  };
  for (const cell of cells) {
    const name = `${cell.table}.${cell.column}`;
    if (!altered.has(name)) {
      renew();
      const database = openToAlter(path);
      const isAltered = alter(database, cell);
      database.close();
      if (isAltered) {
        altered.add(name);
        if (await seemsWholeWhenOpened(home)) miss(`${name} when opened`);
      }
    }
    if (typeof cell.value !== 'string' || typed.has(name)) continue;
    typed.add(name);
    renew();
    makeBytes(path, cell);
    if (await seemsWholeWhenOpened(home)) miss(`${name} as bytes`);
  }
  renew();
  return altered.size;
}

/** Changes each cell while the registry is open, one at a time. The number of changes. */
async function changeAll(
  registry: Registry,
  path: string,
  cells: Cell[],
  miss: (name: string) => void,
): Promise<number> {
  const database = openToAlter(path);
  let changed = 0;
  for (const cell of cells) {
    if (!alter(database, cell)) continue;
    changed += 1;
    if (await seemsWhole(registry)) miss(`${cell.table}.${cell.column}`);
    restore(database, cell);
  }
  database.close();
  return changed;
}
