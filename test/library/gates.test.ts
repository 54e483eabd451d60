import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { createRegistry, isMlregError, type ModelRegistry } from '../../src/index.ts';
import { failsWith, fixture, tempFolder, type Cleanup } from '../support/temp-folder.ts';

async function digits(context: Cleanup): Promise<ModelRegistry> {
  const registry = await createRegistry(join(tempFolder(context), 'registry'), { actor: 'ada' });
  context.after(() => registry.close());
  for (const [model, accuracy] of [
    ['digits_mlp', 0.97],
    ['digits_mlp_retrained', 0.5],
  ] as const)
    await registry.register('digits', fixture(`${model}/model.onnx`), {
      metadata: { metrics: { accuracy } },
      git: false,
    });
  return registry;
}

test('a promotion that its gates refuse rejects, and says which', async (context) => {
  const registry = await digits(context);
  const passed = await registry.promote('digits@1.0.0', {
    to: 'production',
    require: ['accuracy>=0.9', 'size<1MB'],
  });
  assert.deepEqual(
    passed.gates.map(({ verdict }) => verdict),
    ['pass', 'pass'],
  );
  await assert.rejects(
    registry.promote('digits@1.0.1', { to: 'production', require: 'accuracy>=production' }),
    (error) => {
      assert.ok(isMlregError(error, 'GATE_FAILED'));
      const { gates } = error.details as { gates: { gate: string; verdict: string }[] };
      const [gate] = gates;
      assert.deepEqual([gate?.gate, gate?.verdict], ['accuracy>=production', 'fail']);
      return true;
    },
  );
  assert.equal((await registry.history('digits', { limit: 1 })).events[0]?.action, 'blocked');
  const why = { force: true, message: 'drill' };
  const forced = await registry.promote('digits@1.0.1', {
    to: 'production',
    require: 'accuracy>=0.9',
    ...why,
  });
  assert.deepEqual(forced.overridden, ['accuracy>=0.9']);
});

test('a policy is applied, shown and checked; approvals are given', async (context) => {
  const registry = await digits(context);
  const policy = { stages: { production: { require: ['accuracy>=0.9', 'approvals>=1'] } } };
  assert.equal((await registry.policy.apply(policy, { message: 'agreed' })).changed, true);
  assert.deepEqual((await registry.policy.show()).policy, policy);
  const checked = await registry.policy.check('digits@1.0.0', { to: 'production' });
  assert.equal(checked.verdict, 'fail');
  assert.deepEqual((await registry.approve('digits@1.0.0', { to: 'production' })).approvals, []);
  await assert.rejects(
    registry.register('digits', fixture('digits_mlp_v2/model.onnx'), { stage: 'production', git: false }),
    failsWith('GATE_FAILED', /digits@1\.1\.0 was registered, but not promoted/),
  );
  assert.equal((await registry.show('digits@1.1.0')).gates.length, 2);
});

test('what cannot be meant is refused', async (context) => {
  const registry = await digits(context);
  const loose = registry as unknown as { [method: string]: (...args: unknown[]) => Promise<unknown> };
  const promote = (options: object) => loose['promote']?.('digits@1.0.0', { to: 'production', ...options });
  for (const options of [
    { requires: 'golden' },
    { require: 5 },
    { require: 'auc>' },
    { policy: { stage: {} } },
    { whenEmpty: 'maybe' },
  ])
    await assert.rejects(promote(options) ?? Promise.resolve(), failsWith('INVALID_INPUT'));
  await assert.rejects(promote({ force: true }) ?? Promise.resolve(), failsWith('USAGE'));
  await assert.rejects(
    registry.policy.apply({ stages: { canary: {} } }),
    failsWith('NOT_FOUND', /unknown stage/),
  );
});

test('the evidence of a promotion is attested', async (context) => {
  const registry = await digits(context);
  await registry.promote('digits@1.0.0', { to: 'production', require: 'accuracy>=0.9' });
  const options = { stage: 'production', predicate: 'promotion' } as const;
  const { statements } = await registry.attest('digits@production', options);
  assert.deepEqual(
    statements.map(({ predicateType }) => predicateType),
    ['https://in-toto.io/attestation/svr/v0.1'],
  );
  await assert.rejects(registry.attest('digits@1.0.1'), failsWith('NOT_FOUND'));
  const loose = { predicate: 'slsa' } as unknown as typeof options;
  await assert.rejects(registry.attest('digits@1.0.0', loose), failsWith('INVALID_INPUT'));
});

test('the moves of a stage are followed', async (context) => {
  const registry = await digits(context);
  await registry.promote('digits@1.0.0', { to: 'production' });
  const watching = registry.watch('digits', { stage: 'production', since: 0, interval: 1 });
  const { value: first } = await watching.next();
  assert.deepEqual([first?.action, first?.from, first?.to], ['promote', null, '1.0.0']);
  const next = watching.next();
  await registry.promote('digits@1.0.1', { to: 'production' });
  assert.equal((await next).value?.to, '1.0.1');
  await watching.return();
  await assert.rejects(
    registry.watch('digits', { stage: 'production', since: 99 }).next(),
    failsWith('INVALID_INPUT'),
  );
});
