import assert from 'node:assert/strict';
import Database from 'better-sqlite3';
import { copyFileSync, readdirSync, renameSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { defaultStages } from '../../src/core/versions/reference.ts';
import type { Digest } from '../../src/core/versions/artifact.ts';
import { initializeRegistry } from '../../src/storage/sql/initialize.ts';
import { sqlMetadataStore } from '../../src/storage/sql/sql-metadata-store.ts';
import { openSqlite } from '../../src/storage/local/sqlite/open-sqlite.ts';
import { created, digestOfText, digits, production, start, v } from '../support/metadata-samples.ts';
import { failsWith, tempFolder, type Cleanup } from '../support/temp-folder.ts';

async function openStore(context: Cleanup, signal?: AbortSignal, waitMs = 0) {
  const path = join(tempFolder(context), 'mlreg.db');
  const opened = await openSqlite({ path, create: true, waitMs, signal });
  const { db, close } = opened;
  await initializeRegistry(db, { id: 'x', stages: defaultStages, actor: 'ada', at: start });
  const raw = new Database(path, { timeout: 0 });
  context.after(async () => {
    raw.close();
    await close();
  });
  return { db, raw, store: sqlMetadataStore(opened) };
}

test('an abort within a change rolls it back and lets go of the write lock', async (context) => {
  const stop = new AbortController();
  const { db, raw } = await openStore(context, stop.signal);
  const reason = new Error('asked to stop');
  const change = db.transaction().execute(async (trx) => {
    await trx.updateTable('registry').set({ collections: 7 }).execute();
    stop.abort(reason);
    await trx.updateTable('registry').set({ collections: 8 }).execute();
  });
  await assert.rejects(change, reason);
  assert.equal(raw.prepare('update registry set collections = collections + 1').run().changes, 1);
  assert.equal(raw.prepare('select collections from registry').pluck().get(), 1);
});

test('no read waits for a change that waits for the lock of another process', async (context) => {
  const { raw, store } = await openStore(context, undefined, 60_000);
  await created(store);
  raw.exec('begin immediate');
  const settled: string[] = [];
  const note = async (what: string, work: Promise<unknown>): Promise<void> => {
    await work;
    settled.push(what);
  };
  const change = note('change', store.removeStage({ stage: production, actor: 'ada', at: start }));
  await Promise.all([
    note('a version', store.version(digits, v('1.0.0'))),
    note('a page', store.versions({ name: digits, limit: 5, yanked: true })),
    note('a transaction', store.models({ limit: 5 })),
    note('the head', store.head()),
  ]);
  assert.equal(settled.includes('change'), false);
  raw.exec('rollback');
  await change;
  assert.deepEqual(settled.toSorted(), ['a page', 'a transaction', 'a version', 'change', 'the head']);
});

test('what a change did is read as soon as it resolves, and not before', async (context) => {
  const { db, store } = await openStore(context);
  await db.transaction().execute(async (change) => {
    await change.updateTable('stages').set({ removed_at: 1 }).where('name', '=', production).execute();
    assert.deepEqual(await store.stages(), ['staging', production]);
  });
  assert.deepEqual(await store.stages(), ['staging']);
});

test('a database that was replaced after it was opened is not changed', async (context) => {
  const folder = tempFolder(context);
  const path = join(folder, 'mlreg.db');
  for (const id of ['one', 'other']) {
    const { db, close } = await openSqlite({ path: join(folder, id), create: true, waitMs: 0 });
    await initializeRegistry(db, { id, stages: defaultStages, actor: 'ada', at: start });
    await close();
  }
  copyFileSync(join(folder, 'one'), path);
  const opened = await openSqlite({ path, create: false, waitMs: 0 });
  context.after(() => opened.close());
  const store = sqlMetadataStore(opened);
  renameSync(join(folder, 'other'), path);
  const change = store.removeStage({ stage: production, actor: 'ada', at: start });
  await assert.rejects(change, failsWith('STORAGE', /nothing was changed: .*mlreg\.db was replaced/));
  assert.equal((await store.registry()).id, 'one');
});

test('references between tables are enforced once the schema is up to date', async (context) => {
  const { db } = await openStore(context);
  const link = db.insertInto('version_parents').values({ child_id: 7, parent_id: 8 }).execute();
  await assert.rejects(link, /FOREIGN KEY/);
});

test('bytes that only deleted versions have are needed no more', async (context) => {
  const { raw, store } = await openStore(context);
  await created(store);
  await created(store, { bytes: 'other' });
  await created(store, { bytes: 'other', ifExists: 'new' });
  const needed = async (): Promise<Digest[]> =>
    (await store.neededBlobs({ limit: 100 })).map((blob) => blob.digest);
  const remove = (version: string): unknown =>
    raw.prepare('update versions set deleted_at = 1 where version = ?').run(version);
  assert.equal((await needed()).length, 6);
  remove('1.0.0');
  remove('1.1.0');
  const expected = ['other', 'config of other', 'manifest of other'].map(digestOfText);
  assert.deepEqual(await needed(), expected.toSorted());
  remove('1.1.1');
  assert.deepEqual(await needed(), []);
  await created(store, { ifExists: 'new' });
  assert.deepEqual(
    await needed(),
    ['weights', 'config of weights', 'manifest of weights'].map(digestOfText).toSorted(),
  );
});

test('a stage may be put between two, and a removed one is not listed', async (context) => {
  const { raw, store } = await openStore(context);
  raw.exec("update stages set position = 2 where name = 'production'");
  raw.exec("insert into stages values ('canary', 1, 1, null)");
  assert.deepEqual(await store.stages(), ['staging', 'canary', production]);
  raw.exec("update stages set removed_at = 1 where name = 'canary'");
  assert.deepEqual(await store.stages(), ['staging', production]);
});

test('a lease leaves an empty file and no other', async (context) => {
  const { store, raw } = await openStore(context);
  const lease = await store.lease();
  const beside = (): string[] => readdirSync(dirname(raw.name)).filter((name) => name.includes('lease'));
  assert.deepEqual(beside(), ['mlreg.db-lease']);
  await lease.release();
  assert.deepEqual(beside(), ['mlreg.db-lease']);
  assert.equal(statSync(`${raw.name}-lease`).size, 0);
});
