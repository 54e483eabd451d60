import assert from 'node:assert/strict';
import { test } from 'node:test';
import { history } from '../../src/registry/inspect/history.ts';
import { promote } from '../../src/registry/stages/promote.ts';
import { rollback } from '../../src/registry/stages/rollback.ts';
import { verify } from '../../src/registry/maintain/verify.ts';
import { failsWith, fixture, type Cleanup } from '../support/temp-folder.ts';
import {
  add,
  exact,
  ref,
  stage,
  tempRegistry,
  version,
  type TempRegistry,
} from '../support/temp-registry.ts';

const production = stage('production');
const { name } = ref('digits');
const hour = 3_600_000;

async function withVersions(context: Cleanup): Promise<TempRegistry> {
  const registry = await tempRegistry(context);
  for (const number of ['1.0.0', '2.0.0']) {
    const asked = { kind: 'exact', version: version(number) } as const;
    await add(registry, 'digits', fixture('digits_mlp/model.onnx'), { number: asked });
  }
  return registry;
}

const to = (registry: TempRegistry, number: string) =>
  promote(registry, { ref: exact(`digits@${number}`), stage: production });

async function holderAt(registry: TempRegistry, at: number): Promise<string | null | undefined> {
  const { holders } = await history(registry, { name, stage: production, limit: 10, at });
  return holders?.[0]?.version;
}

test('who held a stage then is answered from the moves', async (context) => {
  const registry = await withVersions(context);
  const start = registry.clock.at;
  for (const [hours, number] of [
    [1, '1.0.0'],
    [2, '2.0.0'],
  ] as const) {
    registry.clock.at = start + hours * hour;
    await to(registry, number);
  }
  registry.clock.at = start + 3 * hour;
  await rollback(registry, { name, stage: production, back: { steps: 1 } });
  assert.equal(await holderAt(registry, start + hour - 1), undefined);
  assert.equal(await holderAt(registry, start + hour), '1.0.0');
  assert.equal(await holderAt(registry, start + 3 * hour - 1), '2.0.0');
  assert.equal(await holderAt(registry, start + 3 * hour), '1.0.0');
  const { holders } = await history(registry, { limit: 10, at: start + 2.5 * hour });
  assert.deepEqual(holders, [
    { name: 'digits', stage: 'production', version: '2.0.0', since: start + 2 * hour },
  ]);
});

test('a clock that is set back leaves events and versions in order', async (context) => {
  const registry = await withVersions(context);
  const start = registry.clock.at;
  registry.clock.at = start + hour;
  await to(registry, '1.0.0');
  registry.clock.at = start - 1000 * hour;
  await to(registry, '2.0.0');
  const late = await add(registry, 'digits', fixture('digits_mlp_bad/model.onnx'));
  const { events } = await history(registry, { limit: 100 });
  const times = events.map((event) => event.at).toReversed();
  assert.deepEqual(
    times,
    times.toSorted((a, b) => a - b),
  );
  assert.equal((await registry.metadata.version(name, late.version))?.createdAt, start + hour);
  assert.equal(await holderAt(registry, start + hour), '2.0.0');
  assert.equal(await holderAt(registry, start + hour - 1), undefined);
  assert.equal((await verify(registry, {})).ok, true);
});

test('events are newest first, of all, of a model, or of a stage', async (context) => {
  const registry = await withVersions(context);
  await to(registry, '1.0.0');
  await add(registry, 'other', fixture('digits_mlp/model.onnx'));
  const actions = async (query: object): Promise<string[]> =>
    (await history(registry, { limit: 100, ...query })).events.map((event) => event.action);
  assert.deepEqual(await actions({}), ['register', 'promote', 'register', 'register', 'init']);
  assert.deepEqual(await actions({ name }), ['promote', 'register', 'register']);
  assert.deepEqual(await actions({ name, stage: production }), ['promote']);
  assert.deepEqual(await actions({ limit: 1 }), ['register']);
  await assert.rejects(actions({ name: ref('nobody').name }), failsWith('NOT_FOUND'));
  await assert.rejects(actions({ stage: stage('qa') }), failsWith('NOT_FOUND'));
});

test('the future is refused, but for clocks a little ahead, and for what has happened before the clock was set back', async (context) => {
  const registry = await withVersions(context);
  await to(registry, '1.0.0');
  const now = registry.clock.at;
  assert.equal(await holderAt(registry, now + 60_000), '1.0.0');
  await assert.rejects(
    holderAt(registry, now + 60_001),
    failsWith(
      'INVALID_INPUT',
      /2026-01-01T00:01:00\.001Z is in the future \(now: 2026-01-01T00:00:00\.000Z\)/,
    ),
  );
  registry.clock.at = now - 24 * hour;
  assert.equal(await holderAt(registry, now), '1.0.0', 'the time of the last event');
  await assert.rejects(holderAt(registry, now + 1), failsWith('INVALID_INPUT', /in the future/));
});
