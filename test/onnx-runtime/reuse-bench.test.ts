import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { benchVersion } from '../../src/bench/run/bench-version.ts';
import { planBench, type BenchOptions } from '../../src/bench/plan/plan.ts';
import type { GateResult } from '../../src/core/events/gate-result.ts';
import type { BenchSettings } from '../../src/core/events/policy.ts';
import { checkPromotion } from '../../src/registry/stages/check-promotion.ts';
import { applyPolicy } from '../../src/registry/stages/policy.ts';
import { gateFailure } from '../../src/registry/stages/move-stage.ts';
import { promote } from '../../src/registry/stages/promote.ts';
import { graph, model, node, tensor } from '../support/onnx-writer.ts';
import { failsWith, fixture, tempFolder, type Cleanup } from '../support/temp-folder.ts';
import {
  add,
  editRows,
  exact,
  ref,
  stage,
  tempRegistry,
  version,
  type TempRegistry,
} from '../support/temp-registry.ts';

const production = stage('production');
const hour = 3600e3;
/** A measurement that a stored bench spares. */
const few = { iterations: 60, warmup: 3, launches: 1, threads: 1 };

/** digits 1.0.0, which is in production, and 2.0.0 with other weights. */
async function digits(context: Cleanup): Promise<TempRegistry> {
  const registry = await tempRegistry(context);
  for (const [index, name] of ['digits_mlp', 'digits_mlp_retrained'].entries())
    await add(registry, 'digits', fixture(`${name}/model.onnx`), {
      number: { kind: 'exact', version: version(`${index + 1}.0.0`) },
    });
  await promote(registry, { ref: exact('digits@1.0.0'), stage: production });
  return registry;
}

async function bench(registry: TempRegistry, options: BenchOptions = {}, baseline?: string): Promise<string> {
  const { id } = await benchVersion(registry, {
    ref: ref('digits@2.0.0'),
    baseline: baseline === undefined ? undefined : ref(baseline),
    plan: planBench({ ...few, iterations: 400, ...options }),
  });
  return id ?? '';
}

/** What one gate says of 2.0.0 for production. */
async function gate(
  registry: TempRegistry,
  require: string,
  settings: BenchSettings,
  reuseBench?: string,
): Promise<GateResult> {
  const { gates } = await checkPromotion(registry, {
    ref: ref('digits@2.0.0'),
    stage: production,
    require: [require],
    policy: { policy: { stages: { production: { bench: { ...few, ...settings } } } }, what: 'it' },
    reuseBench,
  });
  assert.equal(gates.length, 1);
  return gates[0] as GateResult;
}

const isReused = ({ reason }: GateResult, id: string): boolean =>
  reason.includes(`(benchmark ${id}, reused: `);

test('a limit is held against a stored bench of the same bytes, inputs and machine that is no older', async (context) => {
  const registry = await digits(context);
  const first = await bench(registry);
  const id = await bench(registry);
  registry.clock.at += 2 * hour;
  const passed = await gate(registry, 'p95<1s', {}, '24h');
  assert.deepEqual([passed.verdict, passed.threshold], ['pass', '1s']);
  assert.match(passed.reason, new RegExp(`\\(benchmark ${id}, reused: measured 2h ago\\)$`), 'the latest');
  assert.ok(!isReused(passed, first));
  assert.ok(isReused(await gate(registry, 'p95<1s', { reuse: '3h' }), id), 'a policy may ask for it');
  // On a busy machine 400 runs may be too much alike to say even this.
  assert.notEqual((await gate(registry, 'p50<1ns', {}, '2h')).verdict, 'pass');

  for (const [why, settings, age] of [
    ['nobody asked', {}, undefined],
    ['too old', {}, '1h'],
    ['too old for the policy, whatever the flag says', { reuse: '1h' }, '24h'],
    ['other inputs', { batch: 3 }, '24h'],
    ['other random inputs', { seed: 7 }, '24h'],
    ['other threads', { threads: 2 }, '24h'],
    ['fewer launches', { launches: 2 }, '24h'],
  ] as [string, BenchSettings, string | undefined][])
    assert.doesNotMatch((await gate(registry, 'p95<1s', settings, age)).reason, /reused/, why);

  registry.clock.at += 9000 * hour;
  await bench(registry);
  registry.clock.at -= 9000 * hour;
  const ahead = await gate(registry, 'p95<1s', {}, '24h');
  assert.doesNotMatch(ahead.reason, /reused/, 'how old it is, is not known');
});

test('beside a holder only a comparison with its very bytes counts', async (context) => {
  const registry = await digits(context);
  const relative = 'p50<=production*100';
  const alone = await bench(registry);
  assert.ok(isReused(await gate(registry, 'p95<1s', {}, '1h'), alone));
  assert.doesNotMatch((await gate(registry, relative, {}, '1h')).reason, /reused/);
  await bench(registry, {}, 'digits@2.0.0');
  assert.doesNotMatch((await gate(registry, relative, {}, '1h')).reason, /reused/, 'other bytes');
  const id = await bench(registry, { maxRegression: 0.5 }, 'digits@production');
  const reused = await gate(registry, relative, {}, '1h');
  assert.deepEqual([reused.verdict, reused.threshold], ['pass', '100']);
  assert.ok(isReused(reused, id), reused.reason);
  const moved = await promote(registry, {
    ref: exact('digits@2.0.0'),
    stage: production,
    require: [relative],
    policy: { policy: { stages: { production: { bench: few } } }, what: 'it' },
    reuseBench: '1h',
  });
  assert.ok(isReused(moved.gates[0] as GateResult, id), 'the event says so');
  assert.deepEqual(moved.event?.details['gates'], moved.gates);
});

test('what a stored bench cannot decide is measured; by one that was changed nothing is judged', async (context) => {
  const registry = await digits(context);
  const id = await bench(registry, { iterations: 5 });
  assert.doesNotMatch((await gate(registry, 'p99<1s', {}, '1h')).reason, /reused/);
  await bench(registry);
  editRows(
    registry.home,
    `update measurements set result = replace(result, '"status":"ok"', '"status": "ok"')`,
  );
  assert.match((await gate(registry, 'p95<1s', {}, '1h')).reason, /reused/, 'the same value');
  editRows(
    registry.home,
    `update measurements set result = json_set(result, '$.latencyMs.lag1', 0.01) where id <> ?`,
    id,
  );
  await assert.rejects(
    gate(registry, 'p95<1s', {}, '1h'),
    failsWith('INTEGRITY', /does not match its event/),
  );
});

test('a gate that cannot make up inputs, or ran out of memory, names the settings of a policy, no flags', async (context) => {
  const registry = await tempRegistry(context);
  const path = join(tempFolder(context), 'model.onnx');
  const parts = {
    inputs: [tensor('X', 'float32', ['n - 5']), tensor('Z', 'float32', ['n'])],
    outputs: [tensor('Y', 'float32', ['n - 5'])],
    nodes: [node('Relu', ['X'], ['Y'])],
  };
  writeFileSync(path, model({ graph: graph(parts) }));
  await add(registry, 'sums', path);
  await add(registry, 'digits', fixture('digits_mlp/model.onnx'));
  const hintOf = async (of: string, bench: BenchSettings): Promise<string> => {
    const policy = { policy: { stages: { production: { bench } } }, what: 'it' };
    const moved = await promote(registry, {
      ref: exact(`${of}@1.0.0`),
      stage: production,
      require: ['p95<1ns'],
      policy,
    });
    return gateFailure(moved)?.hint ?? '';
  };
  const made = await hintOf('sums', few);
  assert.match(made, /"bench": \{"shapes": \{"NAME": \[SIZE\]\}\}/);
  const small = await hintOf('digits', { ...few, memoryLimit: '1MiB' });
  assert.match(small, /"bench": \{"memoryLimit": "4GiB"\}/);
  for (const hint of [made, small]) assert.doesNotMatch(hint, /--(?:shape|range|input|timeout|memory)/, hint);
});

test("a policy that is given cannot change how the registry's latency gates measure, and the reason says so", async (context) => {
  const registry = await digits(context);
  await applyPolicy(registry, {
    policy: { stages: { production: { require: ['p95<10s'], bench: { ...few, batch: 2 } } } },
    what: 'the policy',
  });
  const { gates } = await checkPromotion(registry, {
    ref: ref('digits@2.0.0'),
    stage: production,
    policy: { policy: { stages: { production: { bench: { batch: 1 } } } }, what: '"ci.json"' },
  });
  assert.equal(gates[0]?.verdict, 'pass');
  assert.match(
    gates[0]?.reason ?? '',
    /; only the registry's policy can set .* so "batch" in "ci\.json" does not count$/,
  );
});
