import assert from 'node:assert/strict';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { demote } from '../../src/registry/stages/demote.ts';
import { promote } from '../../src/registry/stages/promote.ts';
import type { Registry } from '../../src/registry/registry.ts';
import { resolve } from '../../src/registry/resolve.ts';
import { rollback, type RollbackInput } from '../../src/registry/stages/rollback.ts';
import { yank } from '../../src/registry/versions/yank.ts';
import { failsWith, fixture, type Cleanup } from '../support/temp-folder.ts';
import {
  add,
  blobPath,
  exact,
  ref,
  stage,
  tempRegistry,
  version,
  type TempRegistry,
} from '../support/temp-registry.ts';

const production = stage('production');
const { name } = ref('digits');

/** Versions 1.0.0, 2.0.0 … that have held production in that order. */
async function held(context: Cleanup, count: number): Promise<TempRegistry> {
  const registry = await tempRegistry(context);
  for (let major = 1; major <= count; major += 1) {
    await add(registry, 'digits', fixture('digits_mlp/model.onnx'), {
      number: { kind: 'exact', version: version(`${major}.0.0`) },
    });
    await promote(registry, { ref: exact(`digits@${major}.0.0`), stage: production });
  }
  return registry;
}

const back = (registry: Registry, rest: Partial<RollbackInput> = {}) =>
  rollback(registry, { name, stage: production, back: { steps: 1 }, ...rest });

test('several steps are one event, and land where as many rollbacks would', async (context) => {
  const registry = await held(context, 5);
  const before = await registry.metadata.pointer(name, production);
  assert.equal((await resolve(registry, ref('digits@production~3'))).version, '2.0.0');
  const moved = await back(registry, { back: { steps: 3 }, message: 'slow' });
  assert.equal(moved.from, '5.0.0');
  assert.equal(moved.to, '2.0.0');
  assert.equal(moved.generation, before.generation + 1);
  assert.equal(moved.event?.action, 'rollback');
  assert.equal(moved.event?.message, 'slow');
  assert.equal((await resolve(registry, ref('digits@production~1'))).version, '1.0.0');
});

test('too many steps are a conflict, and nothing changes', async (context) => {
  const registry = await held(context, 2);
  const before = await registry.metadata.events({ limit: 100 });
  await assert.rejects(
    back(registry, { back: { steps: 2 } }),
    failsWith('CONFLICT', /cannot roll back production of digits 2 times: .*2\.0\.0 holds it/),
  );
  assert.deepEqual(await registry.metadata.events({ limit: 100 }), before);
});

test('a stage that was never held cannot go back', async (context) => {
  const registry = await tempRegistry(context);
  await add(registry, 'digits', fixture('digits_mlp/model.onnx'));
  await assert.rejects(back(registry), failsWith('CONFLICT', /the stage is empty/));
});

test('down to a version: the highest entry of it, which must be in the stack', async (context) => {
  const registry = await held(context, 3);
  await promote(registry, { ref: exact('digits@1.0.0'), stage: production });
  await promote(registry, { ref: exact('digits@3.0.0'), stage: production });
  const moved = await back(registry, { back: { toVersion: version('1.0.0') } });
  assert.equal(moved.to, '1.0.0');
  assert.equal((await resolve(registry, ref('digits@production~1'))).version, '3.0.0');
  const same = await back(registry, { back: { toVersion: version('1.0.0') }, expect: version('9.0.0') });
  assert.equal(same.changed, false);
  await add(registry, 'digits', fixture('digits_mlp/model.onnx'), {
    number: { kind: 'exact', version: version('4.0.0') },
  });
  const never = back(registry, { back: { toVersion: version('4.0.0') } });
  await assert.rejects(never, failsWith('CONFLICT', /digits@4\.0\.0 is not an earlier holder of production/));
  await yank(registry, { ref: exact('digits@2.0.0'), reason: 'bad' });
  const unfit = back(registry, { back: { toVersion: version('2.0.0') } });
  await assert.rejects(unfit, failsWith('CONFLICT', /digits@2\.0\.0: it is yanked/));
});

test('what was popped is out of reach: it would come back without its gates', async (context) => {
  const registry = await held(context, 3);
  await back(registry);
  const forward = back(registry, { back: { toVersion: version('3.0.0') } });
  await assert.rejects(
    forward,
    failsWith('CONFLICT', /digits@3\.0\.0 is not an earlier holder of production/),
  );
});

test('--expect names the holder that may be replaced', async (context) => {
  const registry = await held(context, 3);
  await assert.rejects(
    back(registry, { expect: version('2.0.0') }),
    failsWith('CONFLICT', /expected 2\.0\.0 to hold production of digits, but 3\.0\.0 holds it/),
  );
  assert.equal((await back(registry, { expect: version('3.0.0') })).to, '2.0.0');
});

test('the outgoing version can be yanked in the same change', async (context) => {
  const registry = await held(context, 2);
  const moved = await back(registry, { yank: 'wrong labels' });
  assert.equal(moved.to, '1.0.0');
  const record = await registry.metadata.version(name, version('2.0.0'));
  assert.equal(record?.yanked?.reason, 'wrong labels');
  await assert.rejects(
    promote(registry, { ref: exact('digits@2.0.0'), stage: production }),
    failsWith('CONFLICT', /cannot promote .* to production: it is yanked: wrong labels/),
  );
});

test('after a demotion a rollback brings the holder back', async (context) => {
  const registry = await held(context, 2);
  assert.equal((await demote(registry, { name, stage: production })).to, null);
  assert.equal((await demote(registry, { name, stage: production })).changed, false);
  await assert.rejects(
    resolve(registry, ref('digits@production')),
    failsWith('NOT_FOUND', /production of .* is empty/),
  );
  assert.equal((await back(registry, { expect: 'none' })).to, '2.0.0');
});

test('an unknown model or stage is NOT_FOUND', async (context) => {
  const registry = await held(context, 1);
  await assert.rejects(
    back(registry, { name: ref('nobody').name }),
    failsWith('NOT_FOUND', /no model "nobody"/),
  );
  await assert.rejects(back(registry, { stage: stage('qa') }), failsWith('NOT_FOUND', /unknown stage "qa"/));
});

test('a stack of many entries is walked down to its first', async (context) => {
  const registry = await held(context, 2);
  for (let turn = 0; turn < 40; turn += 1) {
    for (const major of [1, 2])
      await promote(registry, { ref: exact(`digits@${major}.0.0`), stage: production });
  }
  assert.equal((await resolve(registry, ref('digits@production~81'))).version, '1.0.0');
  await assert.rejects(resolve(registry, ref('digits@production~82')), failsWith('NOT_FOUND'));
});

test('a dry run says where the rollback would land, and writes nothing', async (context) => {
  const registry = await held(context, 3);
  const before = await registry.metadata.events({ limit: 100 });
  const pointer = await registry.metadata.pointer(name, production);
  const input = { back: { steps: 2 }, yank: 'slow', expect: version('3.0.0') };
  const would = await back(registry, { ...input, dryRun: true });
  assert.deepEqual(await registry.metadata.events({ limit: 100 }), before);
  assert.deepEqual(await registry.metadata.pointer(name, production), pointer);
  const { from, to, changed, dryRun, yanked, event, generation } = would;
  assert.deepEqual([from, to, changed, dryRun, yanked], ['3.0.0', '1.0.0', false, true, '3.0.0']);
  assert.deepEqual([event, generation], [null, pointer.generation]);

  const done = await back(registry, input);
  assert.deepEqual([done.from, done.to, done.yanked, done.subject], [from, to, yanked, would.subject]);
});

test('a dry run fails as the rollback would: no target, another holder, corrupt bytes', async (context) => {
  const registry = await held(context, 2);
  for (const rest of [
    { back: { steps: 2 } },
    { back: { toVersion: version('9.0.0') } },
    { expect: version('1.0.0') },
  ]) {
    const real = await back(registry, rest).catch((error: unknown) => error);
    await assert.rejects(back(registry, { ...rest, dryRun: true }), real as Error);
  }
  const there = await back(registry, { back: { toVersion: version('2.0.0') }, dryRun: true });
  assert.deepEqual([there.changed, there.dryRun, there.to], [false, undefined, '2.0.0']);
  const { artifact } = await resolve(registry, ref('digits@1.0.0'));
  const blob = blobPath(registry.home, artifact.files[0]?.digest ?? '');
  chmodSync(blob, 0o644);
  writeFileSync(blob, 'changed');
  await assert.rejects(back(registry, { dryRun: true }), failsWith('INTEGRITY'));
  await assert.rejects(back(registry), failsWith('INTEGRITY'));
});

test('a dry run is refused where an older database was restored, as any change is', async (context) => {
  const registry = await held(context, 2);
  const [last] = await registry.metadata.events({ limit: 1 });
  const noted = { seq: (last?.seq ?? 0) + 5, hash: '0'.repeat(64) };
  writeFileSync(join(registry.home, 'head'), JSON.stringify(noted));
  await assert.rejects(back(registry), failsWith('INTEGRITY'));
  await assert.rejects(back(registry, { dryRun: true }), failsWith('INTEGRITY'));
});
