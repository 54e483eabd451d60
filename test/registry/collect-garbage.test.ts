import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { bundledScript } from '../support/bundled-script.ts';
import { openRegistry } from '../../src/open-registry.ts';
import { collectGarbage } from '../../src/registry/maintain/collect-garbage.ts';
import { deleteVersion } from '../../src/registry/versions/delete-version.ts';
import { exportVersions } from '../../src/registry/exchange/export.ts';
import { importVersions } from '../../src/registry/exchange/import.ts';
import type { Registry } from '../../src/registry/registry.ts';
import { verify } from '../../src/registry/maintain/verify.ts';
import { everyStep } from '../support/every-step.ts';
import { failsWith, fixture, flipBit, tempFolder, type Cleanup } from '../support/temp-folder.ts';
import {
  add,
  blobPath,
  editRows,
  exact,
  openOptions,
  ref,
  reopen,
  tempRegistry,
  type TempRegistry,
} from '../support/temp-registry.ts';

const mlp = fixture('digits_mlp/model.onnx');
const wider = fixture('digits_mlp_v2/model.onnx');
const hour = 3600e3;
const day = 24 * hour;
const now = { olderThanMs: 0, yes: true };

/** Of this machine's time, as files have it; with digits 1.1.0, and 1.0.0 that was deleted. */
async function withDeleted(context: Cleanup): Promise<{ registry: TempRegistry; deleted: string }> {
  const registry = await tempRegistry(context);
  registry.clock.at = Date.now() - 100 * day;
  const { digest } = await add(registry, 'digits', mlp);
  await add(registry, 'digits', wider);
  await deleteVersion(registry, { ref: exact('digits@1.0.0') });
  registry.clock.at = Date.now() + 1000;
  return { registry, deleted: digest };
}

const folder = (home: string, name: string): string[] => readdirSync(join(home, name));
const blobs = (home: string): string[] => folder(home, 'blobs/sha256');

async function* content(text: string): AsyncGenerator<Uint8Array> {
  yield new TextEncoder().encode(text);
}

async function isWhole(registry: TempRegistry): Promise<void> {
  assert.deepEqual((await verify(registry, {})).problems, []);
}

test('where rows are damaged nothing is collected: they do not say what is needed', async (context) => {
  const { registry } = await withDeleted(context);
  const before = blobs(registry.home);
  // The version that is left seems to need none of its files.
  editRows(
    registry.home,
    'delete from artifact_files where artifact_digest = (select digest from versions where deleted_at is null)',
  );
  for (const yes of [true, false]) {
    await assert.rejects(
      collectGarbage(registry, { olderThanMs: 0, yes }),
      failsWith('INTEGRITY', /^nothing was collected, because the registry is damaged: /),
    );
  }
  assert.deepEqual(blobs(registry.home), before);
  assert.deepEqual(folder(registry.home, 'trash'), []);
});

test('what a deleted version needed is taken out, what others need stays, and an event says so', async (context) => {
  const { registry } = await withDeleted(context);
  const before = blobs(registry.home);
  const looked = await collectGarbage(registry, { olderThanMs: 0, yes: false });
  assert.deepEqual([looked.changed, looked.dryRun, looked.blobs.length], [false, true, 3]);
  assert.deepEqual(blobs(registry.home), before, 'a dry run changes nothing');
  assert.equal((await registry.metadata.events({ limit: 1 }))[0]?.action, 'delete');

  const { changed, blobs: taken, freed } = await collectGarbage(registry, now);
  assert.deepEqual(
    [changed, taken.toSorted((a, b) => (a.digest < b.digest ? -1 : 1)), freed],
    [true, looked.blobs.toSorted((a, b) => (a.digest < b.digest ? -1 : 1)), 0],
  );
  assert.equal(blobs(registry.home).length, 3);
  assert.equal(folder(registry.home, 'trash').length, 3);
  const [event] = await registry.metadata.events({ limit: 1 });
  const bytes = taken.reduce((sum, { size }) => sum + size, 0);
  assert.deepEqual([event?.action, event?.details], ['collect', { blobs: 3, bytes }]);
  await isWhole(registry);
  assert.equal((await collectGarbage(registry, now)).changed, false);
});

test('the same bytes can be registered again afterwards', async (context) => {
  const { registry } = await withDeleted(context);
  await collectGarbage(registry, now);
  assert.equal((await add(registry, 'digits', mlp)).changed, true);
  await isWhole(registry);
});

test('what is shared with a version that stays is needed', async (context) => {
  const registry = await tempRegistry(context);
  await add(registry, 'digits', mlp);
  await add(registry, 'others', mlp);
  await deleteVersion(registry, { ref: exact('digits@1.0.0') });
  registry.clock.at = Date.now() + day;
  assert.deepEqual((await collectGarbage(registry, now)).blobs, []);
  await isWhole(registry);
});

test('a blob is spared that was published, or whose version was deleted, a short while ago', async (context) => {
  const { registry } = await withDeleted(context);
  const recent = await collectGarbage(registry, { olderThanMs: hour, yes: true });
  assert.deepEqual([recent.blobs, recent.kept.young], [[], 3], 'published just now');
  for (const name of blobs(registry.home)) utimesSync(blobPath(registry.home, `sha256:${name}`), 1000, 1000);
  const { ref } = await add(registry, 'digits', fixture('digits_mlp_bad/model.onnx'));
  for (const name of blobs(registry.home)) utimesSync(blobPath(registry.home, `sha256:${name}`), 1000, 1000);
  await deleteVersion(registry, { ref: exact(ref) });
  registry.clock.at += 1000;
  const { blobs: taken, kept } = await collectGarbage(registry, { olderThanMs: hour, yes: true });
  assert.deepEqual([taken.length, kept.young], [3, 3], 'the one deleted long ago goes, the other stays');
  await isWhole(registry);
});

test('a damaged blob is never taken out', async (context) => {
  const { registry, deleted } = await withDeleted(context);
  flipBit(blobPath(registry.home, deleted));
  const { blobs: taken, kept, warnings } = await collectGarbage(registry, now);
  assert.deepEqual([taken.length, kept.damaged], [2, [deleted]]);
  assert.match(warnings.join(), new RegExp(`kept damaged files that no version needs: ${deleted}`));
  assert.ok(statSync(blobPath(registry.home, deleted)).isFile());
});

test('what was taken out is gone for good after a week, and damaged blobs set aside stay', async (context) => {
  const { registry } = await withDeleted(context);
  const aside = join(registry.home, 'quarantine', `${'a'.repeat(64)}-1000-00000000`);
  writeFileSync(aside, 'damaged');
  await collectGarbage(registry, now);
  registry.clock.at = Date.now() + 6.9 * day;
  assert.equal((await collectGarbage(registry, now)).purged.files, 0);
  registry.clock.at = Date.now() + 7.1 * day;
  const looked = await collectGarbage(registry, { ...now, yes: false });
  assert.equal(folder(registry.home, 'trash').length, 3);
  const { purged, freed, changed } = await collectGarbage(registry, now);
  assert.deepEqual([looked.purged, changed], [purged, true]);
  assert.equal(purged.files, 3);
  assert.equal(freed, purged.bytes);
  assert.ok(freed > 10_000);
  assert.deepEqual(folder(registry.home, 'trash'), []);
  assert.equal(readFileSync(aside, 'utf8'), 'damaged');
});

test('copies of a process that was killed go at once, those of one that runs stay', async (context) => {
  const { registry } = await withDeleted(context);
  const tmp = join(registry.home, 'tmp');
  const script = `
    const { openFsBlobStore } = await import(${JSON.stringify(new URL('../../src/storage/local/blobs/fs-blob-store.ts', import.meta.url).href)});
    const staged = await openFsBlobStore(${JSON.stringify(registry.home)}).stage((async function* () { yield Buffer.from('left'); })());
    process.kill(process.pid, 'SIGKILL');`;
  spawnSync(process.execPath, ['--input-type=module', '-e', script]);
  assert.equal(readdirSync(tmp).length, 1);
  const mine = await registry.blobs.stage(content('mine'));
  const { leftovers } = await collectGarbage(registry, now);
  const linux = process.platform === 'linux';
  assert.deepEqual([leftovers.files, leftovers.bytes], linux ? [1, 4] : [0, 0]);
  assert.equal(readdirSync(tmp).includes(mine.path.slice(tmp.length + 1)), true);
  await mine.discard();
});

test(
  'a copy whose process number another process has by now is known to be dead',
  { skip: process.platform !== 'linux' },
  async (context) => {
    const { registry } = await withDeleted(context);
    const mine = await registry.blobs.stage(content('mine'));
    const name = mine.path.slice(join(registry.home, 'tmp').length + 1);
    const [pid, , place, ...rest] = name.split(/[.-]/);
    writeFileSync(join(registry.home, 'tmp', `${pid}.1.${place}-${rest.join('-')}`), 'another start');
    writeFileSync(
      join(registry.home, 'tmp', `${pid}.1.${'0'.repeat(12)}-${rest.join('-')}`),
      'another container',
    );
    assert.equal((await collectGarbage(registry, now)).leftovers.files, 1);
    assert.deepEqual(folder(registry.home, 'tmp').length, 2);
    await mine.discard();
  },
);

test('a file in tmp/ of a process that is not known goes after a day, whatever was asked for', async (context) => {
  const { registry } = await withDeleted(context);
  const path = join(registry.home, 'tmp', '1234-11111111-1111-4111-8111-111111111111');
  writeFileSync(path, 'x');
  assert.equal((await collectGarbage(registry, now)).leftovers.files, 0);
  registry.clock.at = Date.now() + 25 * hour;
  assert.equal((await collectGarbage(registry, { olderThanMs: 48 * hour, yes: true })).leftovers.files, 0);
  assert.equal((await collectGarbage(registry, now)).leftovers.files, 1);
});

test('of two collectors the second is BUSY, and a dry run disturbs nobody', async (context) => {
  const { registry } = await withDeleted(context);
  const other = await reopen(context, registry.home);
  const lease = await other.metadata.lease();
  const impatient = await openRegistry(registry.home, openOptions(registry.clock, 50));
  context.after(() => impatient.close());
  await assert.rejects(collectGarbage(impatient, now), failsWith('BUSY', /another gc, backup or repair/));
  assert.equal((await collectGarbage(impatient, { ...now, yes: false })).dryRun, true);
  assert.equal(blobs(registry.home).length, 6);
  await lease.release();
  assert.equal((await collectGarbage(registry, now)).blobs.length, 3);
});

test('interrupted within a collection, it leaves nothing that keeps others from registering', async (context) => {
  const { registry } = await withDeleted(context);
  const stop = new AbortController();
  const reason = new Error('stop');
  const own = await openRegistry(registry.home, { ...openOptions(registry.clock), signal: stop.signal });
  context.after(() => own.close());
  const stepped = everyStep(own, async (name) => void (name === 'moveToTrash' && stop.abort(reason)));
  await assert.rejects(collectGarbage(stepped, now), reason);
  assert.equal((await add(registry, 'digits', mlp)).changed, true);
  await isWhole(registry);
});

const storing: [what: string, store: (registry: Registry, layout: string) => Promise<unknown>][] = [
  ['a registration', (registry) => add(registry, 'digits', mlp)],
  ['an import', (registry, path) => importVersions(registry, { path })],
];

for (const [what, store] of storing) {
  test(`wherever in ${what} a whole collection falls, nothing is missing afterwards`, async (context) => {
    const elsewhere = await tempRegistry(context);
    await add(elsewhere, 'others', mlp);
    const layout = join(tempFolder(context), 'others.tar');
    await exportVersions(elsewhere, { refs: [ref('others')], output: layout });
    let collected = 0;
    for (let step = 1; ; step += 1) {
      const { registry } = await withDeleted(context);
      const collector = await reopen(context, registry.home);
      let steps = 0;
      const stepped = everyStep(registry, async () => {
        steps += 1;
        if (steps !== step) return;
        const result = await collectGarbage({ ...collector, now: () => Date.now() + 1000 }, now);
        collected += result.blobs.length;
      });
      await store(stepped, layout);
      await isWhole(registry);
      if (steps < step) break;
    }
    assert.ok(collected > 15, `it took ${collected} that were published`);
  });
}

test('killed at any step, a collector leaves a whole registry, and the next one finishes', async (context) => {
  const child = bundledScript('../support/collect-as-child.ts', import.meta.url);
  const collect = (home: string, step: number) =>
    spawnSync(process.execPath, [child, home, String(step)], { encoding: 'utf8' });
  for (let step = 1, done = false; !done; step += 1) {
    const { registry } = await withDeleted(context);
    // A registration that has published, and not committed yet, when the collector is killed.
    let killed = false;
    const stepped = everyStep(registry, async (name) => {
      if (name !== 'register' || killed) return;
      killed = true;
      const { signal, stdout, stderr } = collect(registry.home, step);
      done = stdout.trim() === 'done';
      assert.ok(done || signal === 'SIGKILL', stderr);
      assert.deepEqual((await verify(registry, {})).problems, []);
    });
    assert.equal((await add(stepped, 'digits', mlp)).changed, true);
    await isWhole(registry);
    await collectGarbage(registry, now);
    await isWhole(registry);
    assert.equal((await registry.metadata.collections()) % 2, 0);
  }
});
