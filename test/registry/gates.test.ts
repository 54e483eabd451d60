import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { gatesOf, type RegistryEvent } from '../../src/core/events/event.ts';
import type { GateResult } from '../../src/core/events/gate-result.ts';
import type { Metadata } from '../../src/core/metadata/metadata.ts';
import { approve } from '../../src/registry/stages/approve.ts';
import { checkPromotion } from '../../src/registry/stages/check-promotion.ts';
import { demote } from '../../src/registry/stages/demote.ts';
import { describe } from '../../src/registry/versions/describe.ts';
import { gateFailure } from '../../src/registry/stages/move-stage.ts';
import { promote, type PromoteInput } from '../../src/registry/stages/promote.ts';
import type { Registry } from '../../src/registry/registry.ts';
import { verify } from '../../src/registry/maintain/verify.ts';
import { graph, model, node, tensor } from '../support/onnx-writer.ts';
import { failsWith, fixture, tempFolder, type Cleanup } from '../support/temp-folder.ts';
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
const staging = stage('staging');
const { name } = ref('digits');

/** 1.0.0, 2.0.0 … with this metadata each. */
async function withMetadata(context: Cleanup, ...all: Metadata[]): Promise<TempRegistry> {
  const registry = await tempRegistry(context);
  for (const [index, metadata] of all.entries()) {
    await add(registry, 'digits', fixture('digits_mlp/model.onnx'), {
      number: { kind: 'exact', version: version(`${index + 1}.0.0`) },
      metadata,
    });
  }
  return registry;
}

const auc = (value: number): Metadata => ({ metrics: { auc: value } });

const to = (registry: Registry, selector: string, rest: Partial<PromoteInput> = {}) =>
  promote(registry, { ref: exact(`digits@${selector}`), stage: production, ...rest });

/** What one gate says of a version, by a check, which changes nothing. */
async function judged(
  registry: Registry,
  selector: string,
  gate: string,
  target = production,
): Promise<GateResult> {
  const before = await registry.metadata.events({ limit: 1 });
  const { gates } = await checkPromotion(registry, {
    ref: ref(`digits@${selector}`),
    stage: target,
    require: [gate],
  });
  assert.deepEqual(await registry.metadata.events({ limit: 1 }), before);
  assert.equal(gates.length, 1);
  return gates[0] as GateResult;
}

test('metrics against numbers and against the holder of a stage', async (context) => {
  const registry = await withMetadata(
    context,
    auc(0.905),
    auc(0.9),
    { metrics: { rmse: 4, 'my metric': -2 } },
    auc(0.8),
  );
  await to(registry, '1.0.0');
  const table: [selector: string, gate: string, verdict: string][] = [
    ['2.0.0', 'auc>=0.9', 'pass'],
    ['2.0.0', 'auc>0.9', 'fail'],
    ['2.0.0', 'auc>=90%', 'pass'],
    ['2.0.0', 'auc>=100%', 'fail'],
    ['2.0.0', 'auc=0.9', 'pass'],
    ['2.0.0', 'auc!=0.9', 'fail'],
    ['2.0.0', 'auc>=production', 'fail'],
    ['2.0.0', 'auc>=production-0.005', 'pass'],
    ['2.0.0', 'auc>=production - 0.004', 'fail'],
    ['2.0.0', 'auc>=production-1%', 'pass'],
    ['2.0.0', 'auc>=production*0.99', 'pass'],
    ['4.0.0', 'auc>=production-1%', 'fail'],
    ['3.0.0', 'rmse<4', 'fail'],
    ['3.0.0', 'rmse<=4', 'pass'],
    ['3.0.0', '"my metric"<0', 'pass'],
    // Nothing to compare.
    ['3.0.0', 'auc>=0.9', 'inconclusive'],
    ['3.0.0', 'rmse<=production', 'inconclusive'],
    ['2.0.0', 'auc>=staging', 'inconclusive'],
    ['2.0.0', 'toString>=0', 'inconclusive'],
    // Of the holder itself.
    ['1.0.0', 'auc>=production', 'pass'],
  ];
  for (const [selector, gate, verdict] of table) {
    const found = await judged(registry, selector, gate);
    assert.equal(found.verdict, verdict, `${selector} ${gate}: ${found.reason}`);
    assert.ok(found.reason !== '' && found.observed !== '' && found.threshold !== '');
  }
  const { observed, threshold, reason } = await judged(registry, '2.0.0', 'auc>=production');
  assert.deepEqual([observed, threshold], ['0.9', '0.905']);
  assert.match(reason, /auc is 0\.9, not >= 0\.905 .*digits@1\.0\.0/);
});

test('a share says nothing of a metric above 1: it was logged in percent', async (context) => {
  const registry = await withMetadata(context, { metrics: { auc: 50, speedup: 1.8 } });
  const { verdict, reason, observed } = await judged(registry, '1.0.0', 'auc>=90%');
  assert.deepEqual([verdict, observed], ['inconclusive', '50']);
  assert.equal(reason, 'auc is 50, but 90% means 0.9');
  assert.equal((await judged(registry, '1.0.0', 'auc<90%')).verdict, 'inconclusive');
  assert.equal((await judged(registry, '1.0.0', 'auc>=90')).verdict, 'fail');
  assert.equal((await judged(registry, '1.0.0', 'speedup>=150%')).verdict, 'pass', 'a share above 1');
});

test('a metric that was given later counts', async (context) => {
  const registry = await withMetadata(context, {});
  assert.equal((await judged(registry, '1.0.0', 'auc>=0.9')).verdict, 'inconclusive');
  await describe(registry, { ref: exact('digits@1.0.0'), amendment: { metrics: { auc: 0.95 } } });
  assert.equal((await judged(registry, '1.0.0', 'auc>=0.9')).verdict, 'pass');
});

test('size, age and data', async (context) => {
  const registry = await withMetadata(
    context,
    {},
    { data: [{ name: 'train', hash: `sha256:${'0'.repeat(64)}` }] },
    {
      data: [{ name: 'train', uri: 's3://bucket/train' }],
    },
  );
  assert.equal((await judged(registry, '1.0.0', 'size<100kB')).verdict, 'pass');
  assert.equal((await judged(registry, '1.0.0', 'size<=10KiB')).verdict, 'pass');
  assert.equal((await judged(registry, '1.0.0', 'size<1kB')).verdict, 'fail');
  assert.equal((await judged(registry, '1.0.0', 'size<=staging*2')).verdict, 'inconclusive');
  await to(registry, '1.0.0');
  assert.equal((await judged(registry, '2.0.0', 'size<=production')).verdict, 'pass');
  assert.equal((await judged(registry, '2.0.0', 'size<production')).verdict, 'fail');
  registry.clock.at += 29 * 86_400_000;
  assert.equal((await judged(registry, '1.0.0', 'age<30d')).verdict, 'pass');
  assert.equal((await judged(registry, '1.0.0', 'age>=29d')).verdict, 'pass');
  registry.clock.at += 86_400_000;
  assert.equal((await judged(registry, '1.0.0', 'age<30d')).verdict, 'fail');
  assert.equal((await judged(registry, '1.0.0', 'data')).verdict, 'fail');
  assert.equal((await judged(registry, '2.0.0', 'data')).verdict, 'pass');
  assert.equal((await judged(registry, '3.0.0', 'data')).verdict, 'fail');
});

test('approvals count distinct actors, but not who registered', async (context) => {
  const registry = await withMetadata(context, {});
  const by = (actor: string, target = production) =>
    approve({ ...registry, actor }, { ref: exact('digits@1.0.0'), stage: target });
  assert.equal((await judged(registry, '1.0.0', 'approvals>=1')).verdict, 'fail');
  const own = await by('tester');
  assert.deepEqual([own.changed, own.approvals], [true, []]);
  assert.match(own.warnings[0] ?? '', /does not count/);
  assert.equal((await by('ada', staging)).changed, true);
  assert.equal((await judged(registry, '1.0.0', 'approvals>=1')).verdict, 'fail', 'it was for another stage');
  assert.deepEqual((await by('ada')).approvals, ['ada']);
  const again = await by('ada');
  assert.deepEqual([again.changed, again.approvals], [false, ['ada']]);
  assert.equal((await judged(registry, '1.0.0', 'approvals>=1')).verdict, 'pass');
  assert.equal((await judged(registry, '1.0.0', 'approvals>=2')).verdict, 'fail');
  await by('eve');
  assert.equal((await judged(registry, '1.0.0', 'approvals>=2')).verdict, 'pass');
  await assert.rejects(
    approve(registry, { ref: exact('digits@9.0.0'), stage: production }),
    failsWith('NOT_FOUND'),
  );
  await assert.rejects(
    approve(registry, { ref: exact('digits@1.0.0'), stage: stage('qa') }),
    failsWith('NOT_FOUND'),
  );
  assert.equal((await verify(registry, {})).ok, true);
});

test('the signature against that of the holder', async (context) => {
  const registry = await tempRegistry(context);
  for (const path of ['digits_mlp', 'digits_mlp_v2', 'cars_mixed_inputs', 'breast_cancer_lr/model.joblib'])
    await add(registry, 'digits', fixture(path.includes('.') ? path : `${path}/model.onnx`));
  const versions = (await registry.metadata.versions({ name, limit: 9, yanked: true })).rows.map(
    (row) => row.version,
  );
  const [joblib = '', cars = '', wide = '', first = ''] = versions;
  assert.equal(
    (await judged(registry, first, 'signature=compatible')).verdict,
    'inconclusive',
    'nobody holds it',
  );
  await to(registry, first);
  assert.equal((await judged(registry, first, 'signature=compatible')).verdict, 'pass');
  assert.equal((await judged(registry, wide, 'signature=compatible')).verdict, 'pass');
  const other = await judged(registry, cars, 'signature=compatible');
  assert.equal(other.verdict, 'fail');
  assert.match(other.reason, /input X: .* was removed/);
  assert.equal((await judged(registry, joblib, 'signature=compatible')).verdict, 'inconclusive');
});

test('an output that moved breaks callers that take it by its place', async (context) => {
  const registry = await tempRegistry(context);
  const folder = tempFolder(context);
  const withOutputs = async (...names: string[]): Promise<string> => {
    const file = join(folder, 'model.onnx');
    const outputs = names.map((output) => tensor(output, 'float32', ['N', 3]));
    const nodes = names.map((output) => node('Relu', ['X'], [output]));
    writeFileSync(
      file,
      model({ graph: graph({ inputs: [tensor('X', 'float32', ['N', 3])], outputs, nodes }) }),
    );
    return (await add(registry, 'digits', file)).version;
  };
  await to(registry, await withOutputs('Y'));
  const behind = await withOutputs('Y', 'mask');
  assert.equal(behind, '1.1.0');
  assert.equal((await judged(registry, behind, 'signature=compatible')).verdict, 'pass');
  const before = await withOutputs('mask', 'Y');
  assert.equal(before, '2.0.0');
  const found = await judged(registry, before, 'signature=compatible');
  assert.equal(found.verdict, 'fail');
  assert.match(found.reason, /output Y: moved from position 1 to 2/);
});

test('the golden set runs now, and without one nothing can be told', async (context) => {
  const registry = await tempRegistry(context);
  const good = { golden: fixture('digits_mlp/golden.json') };
  await add(registry, 'digits', fixture('digits_mlp/model.onnx'), good);
  await add(registry, 'digits', fixture('digits_mlp_bad/model.onnx'), good);
  await add(registry, 'digits', fixture('digits_mlp_retrained/model.onnx'));
  assert.equal((await judged(registry, '1.0.0', 'golden')).verdict, 'pass');
  const bad = await judged(registry, '1.0.1', 'golden');
  assert.equal(bad.verdict, 'fail');
  assert.match(bad.reason, /differ from its golden set: cases\[\d\], output/);
  const none = await judged(registry, '1.0.2', 'golden');
  assert.equal(none.verdict, 'inconclusive');
  assert.match(none.reason, /no golden set/);
});

test('a blocked promotion moves nothing, and is an event with what was found', async (context) => {
  const registry = await withMetadata(context, auc(0.9), auc(0.5));
  await to(registry, '1.0.0', { require: ['auc>=0.8, size<1MB'] });
  const before = await registry.metadata.pointer(name, production);
  const result = await to(registry, '2.0.0', {
    require: ['auc>=production-0.005', 'size<1MB'],
    message: 'try',
  });
  assert.deepEqual(await registry.metadata.pointer(name, production), before);
  assert.deepEqual([result.changed, result.from, result.to, result.generation], [false, '1.0.0', '1.0.0', 1]);
  assert.deepEqual(
    result.gates.map(({ gate, verdict }) => [gate, verdict]),
    [
      ['auc>=production-0.005', 'fail'],
      ['size<1MB', 'pass'],
    ],
  );
  assert.equal(result.blocked?.version, '2.0.0');
  const problem = gateFailure(result);
  assert.equal(problem?.code, 'GATE_FAILED');
  assert.match(
    problem?.message ?? '',
    /digits@2\.0\.0 was not promoted to production: gate auc>=production-0\.005 failed/,
  );
  const [event] = await registry.metadata.events({ limit: 1 });
  assert.deepEqual(
    [event?.action, event?.version, event?.stage, event?.message],
    ['blocked', '2.0.0', 'production', 'try'],
  );
  assert.deepEqual(event?.details, { gates: result.gates, holder: '1.0.0' });
  assert.deepEqual(result.event, event);
  const [moved] = await registry.metadata.events({ actions: ['promote'], limit: 1 });
  assert.equal(gatesOf(moved as RegistryEvent).length, 2, 'what passed is kept, too');
  assert.equal((await verify(registry, {})).ok, true);
});

test('a dry run judges, and leaves no event', async (context) => {
  const registry = await withMetadata(context, auc(0.9));
  const { length } = await registry.metadata.events({ limit: 99 });
  const refused = await to(registry, '1.0.0', { require: ['auc>=0.95'], dryRun: true });
  assert.deepEqual([refused.blocked?.version, refused.event, refused.dryRun], ['1.0.0', null, true]);
  const passed = await to(registry, '1.0.0', { require: ['auc>=0.85'], dryRun: true });
  assert.deepEqual([passed.to, passed.gates[0]?.verdict, passed.dryRun], ['1.0.0', 'pass', true]);
  assert.equal((await registry.metadata.events({ limit: 99 })).length, length);
});

test('a first promotion: inconclusive, unless told to let gates pass that compare with an empty stage', async (context) => {
  const registry = await withMetadata(context, auc(0.9));
  const gates = ['auc>=production-0.005', 'auc>=0.8'];
  const blocked = await to(registry, '1.0.0', { require: gates });
  assert.equal(blocked.gates[0]?.verdict, 'inconclusive');
  assert.match(blocked.blocked?.hint ?? '', /--when-empty pass/);
  assert.equal(
    (await to(registry, '1.0.0', { require: ['auc>=0.95'], whenEmpty: 'pass' })).blocked?.version,
    '1.0.0',
  );
  const passed = await to(registry, '1.0.0', { require: gates, whenEmpty: 'pass' });
  assert.equal(passed.to, '1.0.0');
  assert.match(passed.gates[0]?.reason ?? '', /production is empty, so this gate passes/);
  await demote(registry, { name, stage: production });
  const missing = await to(registry, '1.0.0', { require: ['rmse<=production'], whenEmpty: 'pass' });
  assert.equal(
    missing.gates[0]?.verdict,
    'inconclusive',
    'a metric that the candidate lacks is no empty stage',
  );
});

test('force promotes all the same, needs a reason, and the event says what was overridden', async (context) => {
  const registry = await withMetadata(context, auc(0.9), auc(0.5));
  const require = ['auc>=0.8', 'size<1MB', 'rmse<1'];
  await assert.rejects(to(registry, '2.0.0', { require, force: true }), failsWith('USAGE', /needs a reason/));
  await assert.rejects(to(registry, '2.0.0', { require, force: true, message: ' ' }), failsWith('USAGE'));
  const { event, overridden, gates } = await to(registry, '2.0.0', {
    require,
    force: true,
    message: 'hotfix',
  });
  assert.deepEqual(overridden, ['auc>=0.8', 'rmse<1']);
  assert.deepEqual(event?.details['overridden'], overridden);
  assert.deepEqual(event?.details['gates'], gates);
  const fine = await to(registry, '1.0.0', { require: ['auc>=0.8'], force: true, message: 'hotfix' });
  assert.equal(fine.overridden, undefined);
  assert.ok(!('overridden' in (fine.event?.details ?? {})));
});

test('the holder, --expect and a yank are told before any gate', async (context) => {
  const registry = await withMetadata(context, auc(0.9), auc(0.5));
  await to(registry, '1.0.0');
  assert.equal((await to(registry, '1.0.0', { require: ['auc>=0.99'] })).blocked, undefined);
  await assert.rejects(
    to(registry, '2.0.0', { require: ['auc>=0.99'], expect: 'none' }),
    failsWith('CONFLICT'),
  );
  assert.equal((await registry.metadata.events({ actions: ['blocked'], limit: 9 })).length, 0);
});

test('gates that do not read are refused before anything is done', async (context) => {
  const registry = await withMetadata(context, auc(0.9));
  await assert.rejects(
    to(registry, '1.0.0', { require: ['auc>=0.8', 'auc>>'] }),
    failsWith('INVALID_INPUT', /"auc>>"/),
  );
  await assert.rejects(
    to(registry, '1.0.0', { require: ['auc>=canary'] }),
    failsWith('INVALID_INPUT', /declared stage/),
  );
  assert.equal((await registry.metadata.pointer(name, production)).version, null);
});
