import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { hexOf, type Digest } from '../../src/core/versions/artifact.ts';
import { collectGarbage } from '../../src/registry/maintain/collect-garbage.ts';
import { verify } from '../../src/registry/maintain/verify.ts';
import { everyStep } from '../support/every-step.ts';
import { failsWith, fixture, flipBit, type Cleanup } from '../support/temp-folder.ts';
import {
  add,
  blobPath,
  exact,
  ref,
  reopen,
  tempRegistry,
  type TempRegistry,
} from '../support/temp-registry.ts';

const model = fixture('digits_mlp/model.onnx');
const golden = fixture('digits_mlp/golden.json');

async function withModel(context: Cleanup) {
  const registry = await tempRegistry(context);
  const result = await add(registry, 'digits', model, { golden });
  return { registry, file: result.files[0]?.digest as Digest, manifest: result.digest as Digest };
}

const quarantine = (registry: TempRegistry): string[] => readdirSync(join(registry.home, 'quarantine'));
const asideName = (digest: Digest): string => `${hexOf(digest)}-1000-0123abcd`;

test('a damaged file is set aside, and what needs it and how to mend it is said', async (context) => {
  const { registry, file } = await withModel(context);
  flipBit(blobPath(registry.home, file));
  const damaged = readFileSync(blobPath(registry.home, file));
  const looked = await verify(registry, {});
  const needed = 'needed by digits@1.0.0 (model.onnx)';
  assert.deepEqual(looked.problems, [{ subject: file, problem: `the blob is corrupt, ${needed}` }]);
  assert.deepEqual([looked.changed, quarantine(registry)], [false, []], 'looking moves nothing');

  const { ok, changed, problems, repaired } = await verify(registry, { repair: true });
  assert.deepEqual([ok, changed, repaired, problems.length], [false, true, [], 1]);
  const [aside = ''] = quarantine(registry);
  assert.ok(readFileSync(join(registry.home, 'quarantine', aside)).equals(damaged), 'as it was found');
  assert.deepEqual((await verify(registry, {})).problems, [
    { subject: file, problem: `the blob is missing, ${needed}` },
  ]);
  assert.equal((await add(registry, 'digits', model, { golden })).changed, false);
  assert.equal((await verify(registry, {})).ok, true);
});

for (const [what, harm] of [
  ['damaged', flipBit],
  ['missing', (path: string) => rmSync(path)],
] as const) {
  test(`a ${what} manifest is written again from the rows`, async (context) => {
    const { registry, manifest } = await withModel(context);
    harm(blobPath(registry.home, manifest));
    const { ok, repaired } = await verify(registry, { repair: true });
    assert.deepEqual([ok, repaired.length, repaired[0]?.subject], [true, 1, manifest]);
    assert.match(repaired[0]?.how ?? '', /rebuilt from the rows/);
    assert.equal((await verify(registry, {})).ok, true);
    assert.equal(quarantine(registry).length, what === 'damaged' ? 1 : 0);
  });

  for (const place of ['trash', 'quarantine'] as const) {
    test(`a ${what} file is put back from ${place}/`, async (context) => {
      const { registry, file } = await withModel(context);
      const path = blobPath(registry.home, file);
      const bytes = readFileSync(path);
      const kept = join(registry.home, place, asideName(file));
      renameSync(path, kept);
      if (what === 'damaged') {
        await add(registry, 'digits', model, { golden });
        flipBit(path);
      }
      const { ok, changed, repaired } = await verify(registry, { repair: true });
      assert.deepEqual([ok, changed, repaired.map(({ subject }) => subject)], [true, true, [file]]);
      assert.ok(readFileSync(path).equals(bytes));
      assert.ok(existsSync(kept), 'and stays there for its time');
      assert.equal((await verify(registry, {})).ok, true);
      assert.deepEqual(readdirSync(join(registry.home, 'tmp')), []);
    });
  }
}

test('what is kept is only put back if it is sound', async (context) => {
  const { registry, file } = await withModel(context);
  const kept = join(registry.home, 'trash', asideName(file));
  renameSync(blobPath(registry.home, file), kept);
  flipBit(kept);
  assert.equal((await verify(registry, { repair: true })).ok, false);
  assert.equal(existsSync(blobPath(registry.home, file)), false);
});

test('a blob that another process made whole between the two readings is left as it is', async (context) => {
  const { registry, file } = await withModel(context);
  const other = await reopen(context, registry.home);
  flipBit(blobPath(registry.home, file));
  const stepped = everyStep(registry, async (name) => {
    if (name === 'repair') await add(other, 'digits', model, { golden });
  });
  const { ok, changed, repaired } = await verify(stepped, { repair: true });
  assert.deepEqual([ok, changed, repaired.length], [true, false, 1]);
  assert.match(repaired[0]?.how ?? '', /on the second attempt/);
  assert.equal((await verify(registry, {})).ok, true);
});

test('one version is repaired without the others', async (context) => {
  const { registry, manifest } = await withModel(context);
  const other = await add(registry, 'digits', fixture('digits_mlp_v2/model.onnx'));
  rmSync(blobPath(registry.home, manifest));
  rmSync(blobPath(registry.home, other.digest));
  assert.equal((await verify(registry, { ref: ref('digits@1.0.0'), repair: true })).ok, true);
  assert.equal((await verify(registry, {})).problems.length, 1);
});

test('a repair waits for a collector, and leaves nothing locked', async (context) => {
  const { registry } = await withModel(context);
  const other = await reopen(context, registry.home);
  const lease = await other.metadata.lease();
  const waiting = verify(registry, { repair: true });
  await lease.release();
  assert.equal((await waiting).ok, true);
  assert.equal((await collectGarbage(other, { olderThanMs: 0, yes: true })).dryRun, false);
});

test('quick looks at sizes, not at bytes', async (context) => {
  const { registry, file, manifest } = await withModel(context);
  const { ok, quick, checked } = await verify(registry, { quick: true });
  assert.deepEqual([ok, quick, checked.bytes, checked.blobs], [true, true, 0, 6]);
  flipBit(blobPath(registry.home, file));
  assert.equal((await verify(registry, { quick: true })).ok, true);
  rmSync(blobPath(registry.home, manifest));
  const found = await verify(registry, { quick: true });
  assert.deepEqual(
    found.problems.map(({ subject }) => subject),
    [manifest],
  );
  assert.equal((await verify(registry, { quick: true, ref: ref('digits') })).ok, false);
});

test('quick and repair, or a version and a checkpoint, exclude each other', async (context) => {
  const { registry } = await withModel(context);
  await assert.rejects(verify(registry, { quick: true, repair: true }), failsWith('USAGE'));
  const checkpoint = { registry: 'x', seq: 1, hash: 'x' };
  await assert.rejects(verify(registry, { ref: exact('digits@1.0.0'), checkpoint }), failsWith('USAGE'));
});
