import assert from 'node:assert/strict';
import {
  copyFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parseDigest } from '../../src/core/versions/artifact.ts';
import { parseVersion } from '../../src/core/versions/version.ts';
import { createRegistry } from '../../src/open-registry.ts';
import { localFolder, type Registry } from '../../src/registry/registry.ts';
import { backup } from '../../src/registry/maintain/backup.ts';
import { collectGarbage } from '../../src/registry/maintain/collect-garbage.ts';
import { verify } from '../../src/registry/maintain/verify.ts';
import type { KeptPrediction, KeptRun, PredictionStore } from '../../src/storage/predictions.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { homeOf, modelName, openOptions, reopen, tempRegistry } from '../support/temp-registry.ts';

const at = Date.UTC(2026, 0, 1);

function run(changes: Partial<KeptRun> = {}): KeptRun {
  return {
    model: modelName('digits'),
    version: parseVersion('1.0.0'),
    data: parseDigest(`sha256:${'a'.repeat(64)}`),
    key: 'id',
    shard: null,
    at,
    until: at + 1000,
    ...changes,
  };
}

const row = (key: string, prediction: string, score: number | null = null): KeptPrediction => ({
  key,
  prediction,
  score,
});

const storeOf = (registry: Registry): Promise<PredictionStore> =>
  localFolder(registry, 'this test').predictions();

async function keep(store: PredictionStore, rows: KeptPrediction[], changes: Partial<KeptRun> = {}) {
  const draft = await store.begin();
  draft.add(rows);
  return draft.complete(run(changes));
}

async function found(store: PredictionStore, keys: string[], model = 'digits'): Promise<unknown[]> {
  const all = [];
  for await (const { run, predictions } of store.find({ model: modelName(model), keys }))
    all.push([run.version, ...predictions]);
  return all;
}

const files = (home: string): string[] => readdirSync(join(home, 'predictions'));

test('a kept run is found by model and key, the newest first', async (context) => {
  const registry = await tempRegistry(context);
  const store = await storeOf(registry);
  assert.deepEqual(await found(store, ['a']), []);
  assert.deepEqual(await keep(store, [row('a', '3', 0.75), row('b', '4')]), { keys: 2, duplicates: 0 });
  await keep(store, [row('a', '5')], { version: parseVersion('1.1.0'), at: at + 1 });
  await keep(store, [row('a', '9')], { model: modelName('other') });
  assert.deepEqual(await found(store, ['a', 'none']), [
    ['1.1.0', row('a', '5')],
    ['1.0.0', row('a', '3', 0.75)],
  ]);
  assert.deepEqual(
    new Set((await store.runs()).map(({ run, keys }) => `${run.model} ${run.version} ${keys}`)),
    new Set(['digits 1.0.0 2', 'digits 1.1.0 1', 'other 1.0.0 1']),
  );
});

test('only the owner may read it, in a shared registry too', async (context) => {
  const home = join(tempFolder(context), 'shared');
  const { registry } = await createRegistry(home, openOptions(), 'group');
  context.after(() => registry.close());
  await keep(await storeOf(registry), [row('a', '1')]);
  assert.deepEqual(
    files(home).map((name) => statSync(join(home, 'predictions', name)).mode & 0o777),
    [0o600],
  );
  assert.equal(statSync(join(home, 'predictions')).mode & 0o7777, 0o2770);
  assert.match(readFileSync(join(home, '.gitignore'), 'utf8'), /^\/predictions\/$/m);
});

test('a run that is not completed leaves nothing', async (context) => {
  const registry = await tempRegistry(context);
  const store = await storeOf(registry);
  const draft = await store.begin();
  draft.add([row('a', '1')]);
  assert.deepEqual(await found(store, ['a']), []);
  await draft.discard();
  assert.deepEqual([files(registry.home), readdirSync(join(registry.home, 'tmp'))], [[], []]);
  const second = await store.begin();
  second.add([row('a', '1')]);
  await second.complete(run());
  await second.discard();
  assert.deepEqual(files(registry.home), []);
});

test('the same run takes the place of the one before, and a shard is another run', async (context) => {
  const registry = await tempRegistry(context);
  const store = await storeOf(registry);
  await keep(store, [row('a', '1'), row('b', '1')]);
  await keep(store, [row('a', '2')], { at: at + 1, until: at + 5000 });
  assert.deepEqual(await found(store, ['a', 'b']), [['1.0.0', row('a', '2')]]);
  await keep(store, [row('c', '3')], { shard: '2/2' });
  assert.equal(files(registry.home).length, 2);
});

test('of rows with the same key the last one counts, and the others are told', async (context) => {
  const store = await storeOf(await tempRegistry(context));
  const draft = await store.begin();
  draft.add([row('a', '1'), row('', '2')]);
  draft.add([row('a', '3'), row("'; drop table run; --", '4')]);
  assert.deepEqual(await draft.complete(run()), { keys: 3, duplicates: 1 });
  assert.deepEqual(await found(store, ['a', "'; drop table run; --"]), [
    ['1.0.0', row('a', '3'), row("'; drop table run; --", '4')],
  ]);
});

test('gc removes runs whose time is over, and says so before', async (context) => {
  const registry = await tempRegistry(context);
  const store = await storeOf(registry);
  await keep(store, [row('a', '1')]);
  await keep(store, [row('b', '1')], { shard: '1/2', until: at + 9000 });
  registry.clock.at = at + 1001;
  const stranger = join(registry.home, 'predictions', 'notes.txt');
  writeFileSync(stranger, 'mine');
  const options = { olderThanMs: 0, yes: false };
  const look = await collectGarbage(registry, options);
  assert.equal(look.expired.files, 1);
  assert.equal(files(registry.home).length, 3);
  const done = await collectGarbage(registry, { ...options, yes: true });
  assert.deepEqual([done.expired, done.changed, done.freed], [look.expired, true, look.expired.bytes]);
  assert.deepEqual(await found(store, ['a', 'b']), [['1.0.0', row('b', '1')]]);
  assert.ok(existsSync(stranger));
});

test('a backup has copies of it that only their owner may read', async (context) => {
  const registry = await tempRegistry(context);
  await keep(await storeOf(registry), [row('a', '1')]);
  const directory = join(tempFolder(context), 'copy');
  await backup(registry, { directory });
  const copy = await reopen(context, directory);
  assert.deepEqual(await found(await storeOf(copy), ['a']), [['1.0.0', row('a', '1')]]);
  const [name = ''] = files(directory);
  const [one, two] = [registry.home, directory].map((home) => statSync(join(home, 'predictions', name)));
  assert.deepEqual([two?.mode, two?.ino === one?.ino], [one?.mode, false]);
});

test('verify finds a damaged, a cut and a renamed file', async (context) => {
  const registry = await tempRegistry(context);
  const store = await storeOf(registry);
  await keep(
    store,
    Array.from({ length: 5000 }, (_, at) => row(`key-${at}`, '1')),
  );
  assert.deepEqual((await verify(registry, {})).problems, []);
  const folder = join(homeOf(registry), 'predictions');
  const [name = ''] = readdirSync(folder);
  copyFileSync(join(folder, name), join(folder, name.replace(/^.{4}/, '0000')));
  const renamed = await verify(registry, {});
  assert.match(renamed.problems[0]?.problem ?? '', /its name is not that of its run/);
  truncateSync(join(folder, name), 8192);
  const { ok, problems } = await verify(registry, {});
  assert.equal(ok, false);
  assert.equal(problems.length, 2);
  assert.ok(problems.every(({ subject }) => subject.startsWith('predictions/')));
  writeFileSync(join(folder, name), 'no database');
  const broken = (await verify(registry, {})).problems.find(({ subject }) => subject.endsWith(name));
  assert.match(broken?.problem ?? '', /is damaged/);
  await assert.rejects(found(store, ['a']), { code: 'INTEGRITY' });
  assert.deepEqual((await verify(registry, { quick: true })).problems, []);
});
