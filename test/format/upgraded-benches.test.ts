import Database from 'better-sqlite3';
import assert from 'node:assert/strict';
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { benchKind } from '../../src/core/measurements/bench.ts';
import { openRegistry } from '../../src/open-registry.ts';
import { verify } from '../../src/registry/maintain/verify.ts';
import { failsWith, tempFolder, type Cleanup } from '../support/temp-folder.ts';
import { openOptions } from '../support/temp-registry.ts';

function keptHome(context: Cleanup, name: string): string {
  const home = join(tempFolder(context), 'registry');
  cpSync(fileURLToPath(new URL(name, import.meta.url)), home, { recursive: true });
  return home;
}

function rowsOf(home: string, statement: string): Record<string, unknown>[] {
  const database = new Database(join(home, 'mlreg.db'));
  try {
    return database.prepare(statement).all() as Record<string, unknown>[];
  } finally {
    database.close();
  }
}

for (const name of ['registry-1', 'registry-2', 'registry-3'])
  test(`the benches of ${name} become measurements, cell by cell`, async (context) => {
    const home = keptHome(context, name);
    const before = rowsOf(home, 'select * from benches');
    assert.equal(before.length, 1);
    const registry = await openRegistry(home, openOptions());
    try {
      const { rows } = await registry.metadata.measurements(benchKind, { limit: 9 });
      assert.deepEqual(
        rows.map(({ id, kind, schema, result }) => [id, kind, schema, result]),
        before.map(({ id, result }) => [id, 'bench', 1, JSON.parse(String(result))]),
      );
      assert.deepEqual((await verify(registry, {})).problems, []);
    } finally {
      await registry.close();
    }
    const after = rowsOf(home, 'select * from measurements');
    assert.deepEqual(
      after,
      before.map((row) => ({ ...row, kind: 'bench', schema_version: 1 })),
    );
    assert.deepEqual(rowsOf(home, `select name from sqlite_schema where name like '%benches%'`), []);
  });

test('an upgrade that fails half-way changes nothing', async (context) => {
  const home = keptHome(context, 'registry-3');
  // It is in the way of the last index that the upgrade makes.
  const database = new Database(join(home, 'mlreg.db'));
  database.exec('create table events_action (one integer)');
  database.close();
  await assert.rejects(openRegistry(home, openOptions()));
  assert.equal(rowsOf(home, 'select * from benches').length, 1);
  assert.equal(rowsOf(home, 'pragma user_version')[0]?.['user_version'], 3);
});

test('a schema that an earlier mlreg does not know is refused by it, and so is one that this mlreg does not know', async (context) => {
  const home = keptHome(context, 'registry-3');
  await (await openRegistry(home, openOptions())).close();
  const [{ user_version: schema } = {}] = rowsOf(home, 'pragma user_version');
  assert.equal(schema, 5);
  const database = new Database(join(home, 'mlreg.db'));
  database.pragma('user_version = 6');
  database.close();
  await assert.rejects(openRegistry(home, openOptions()), failsWith('INVALID_INPUT', /has schema 6/));
});
