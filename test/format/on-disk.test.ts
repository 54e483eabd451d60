import assert from 'node:assert/strict';
import Database from 'better-sqlite3';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { add, blobPath, tempRegistry } from '../support/temp-registry.ts';
import { fixture } from '../support/temp-folder.ts';

const mode = (path: string): string => (statSync(path).mode & 0o777).toString(8);

test('a home holds these files and folders, and nobody else may look', async (context) => {
  const registry = await tempRegistry(context);
  await registry.close();
  const { home } = registry;
  assert.deepEqual(readdirSync(home).toSorted(), [
    '.gitignore',
    'blobs',
    'mlreg.db',
    'quarantine',
    'registry.json',
    'tmp',
    'trash',
  ]);
  for (const folder of ['.', 'blobs', 'blobs/sha256', 'tmp', 'trash', 'quarantine']) {
    assert.equal(mode(join(home, folder)), '700', folder);
  }
  assert.match(readFileSync(join(home, '.gitignore'), 'utf8'), /^\/blobs\/$/m);
  assert.deepEqual(readdirSync(join(home, 'tmp')), []);
});

test('registry.json holds the format, the id and the time', async (context) => {
  const { home } = await tempRegistry(context);
  const file = JSON.parse(readFileSync(join(home, 'registry.json'), 'utf8')) as Record<string, unknown>;
  assert.deepEqual(Object.keys(file), ['formatVersion', 'id', 'createdAt']);
  assert.equal(file['formatVersion'], 1);
  assert.match(String(file['id']), /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
  assert.equal(file['createdAt'], '2026-01-01T00:00:00.000Z');
});

test('a blob is a read-only file of its own, named for its SHA-256', async (context) => {
  const registry = await tempRegistry(context);
  const result = await add(registry, 'digits', fixture('digits_mlp/model.onnx'));
  const names = readdirSync(join(registry.home, 'blobs', 'sha256'));
  // The file, the config and the manifest.
  assert.equal(names.length, 3);
  for (const name of names) {
    const path = join(registry.home, 'blobs', 'sha256', name);
    assert.match(name, /^[0-9a-f]{64}$/);
    assert.equal(mode(path), '444');
    assert.equal(statSync(path).nlink, 1);
  }
  const manifest = JSON.parse(readFileSync(blobPath(registry.home, result.digest), 'utf8')) as {
    layers: { digest: string }[];
  };
  assert.equal(manifest.layers[0]?.digest, result.files[0]?.digest);
});

test('the database says what it is, is in WAL mode, and types its columns', async (context) => {
  const registry = await tempRegistry(context);
  await add(registry, 'digits', fixture('digits_mlp/model.onnx'));
  const database = new Database(join(registry.home, 'mlreg.db'), { readonly: true });
  context.after(() => database.close());
  assert.equal(database.pragma('application_id', { simple: true }), 0x6d6c7267);
  assert.equal(database.pragma('user_version', { simple: true }), 5);
  assert.equal(database.pragma('journal_mode', { simple: true }), 'wal');
  const tables = database
    .prepare(
      "select name, strict from pragma_table_list where schema = 'main' and name not like 'sqlite_%' order by name",
    )
    .all();
  assert.deepEqual(
    tables,
    [
      'artifact_files',
      'artifacts',
      'events',
      'golden_sets',
      'measurements',
      'models',
      'moves',
      'pointers',
      'registry',
      'stages',
      'version_parents',
      'version_tags',
      'versions',
    ].map((name) => ({ name, strict: 1 })),
  );
});

test('times are epoch milliseconds, JSON is text, and an event body is canonical JSON without its hash', async (context) => {
  const registry = await tempRegistry(context);
  await add(registry, 'digits', fixture('digits_mlp/model.onnx'), { metadata: { metrics: { b: 1, a: 2 } } });
  const database = new Database(join(registry.home, 'mlreg.db'), { readonly: true });
  context.after(() => database.close());
  const version = database
    .prepare('select version, sort_key, created_at, metadata, source from versions')
    .get();
  assert.deepEqual(version, {
    version: '1.0.0',
    sort_key: 'a1a0a0~',
    created_at: Date.UTC(2026, 0, 1),
    metadata: '{"metrics":{"b":1,"a":2}}',
    source: null,
  });
  const body = String(database.prepare('select body from events where seq = 2').pluck().get());
  const event = JSON.parse(body) as Record<string, unknown>;
  assert.deepEqual(Object.keys(event), [
    'action',
    'actor',
    'at',
    'clock',
    'details',
    'from',
    'id',
    'message',
    'model',
    'prevHash',
    'seq',
    'stage',
    'to',
    'version',
  ]);
  assert.equal(JSON.stringify(event), body);
});
