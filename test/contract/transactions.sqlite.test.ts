import assert from 'node:assert/strict';
import Database from 'better-sqlite3';
import { readdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { defaultStages } from '../../src/core/events/stage.ts';
import type { Digest } from '../../src/core/versions/digest.ts';
import { initializeRegistry } from '../../src/storage/sql/initialize.ts';
import { sqlMetadataStore } from '../../src/storage/sql/sql-metadata-store.ts';
import { openSqlite } from '../../src/storage/local/sqlite/open-sqlite.ts';
import { created, digestOfText, production, start } from '../support/metadata-samples.ts';
import { tempFolder, type Cleanup } from '../support/temp-folder.ts';

async function openStore(context: Cleanup, signal?: AbortSignal) {
  const path = join(tempFolder(context), 'mlreg.db');
  const { db, close, ...means } = await openSqlite({ path, create: true, waitMs: 0, signal });
  await initializeRegistry(db, { id: 'x', stages: defaultStages, actor: 'ada', at: start });
  const raw = new Database(path, { timeout: 0 });
  context.after(async () => {
    raw.close();
    await close();
  });
  return { db, raw, store: sqlMetadataStore(db, { close, ...means }) };
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
