import assert from 'node:assert/strict';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { checkPolicy } from '../../src/core/events/policy.ts';
import { goldenSetsOf } from '../../src/core/versions/golden-sets.ts';
import { addGolden } from '../../src/registry/golden/add-golden.ts';
import { makeGolden, type MakeGoldenInput } from '../../src/registry/golden/make-golden.ts';
import { testVersion } from '../../src/registry/inspect/test-version.ts';
import { verify } from '../../src/registry/maintain/verify.ts';
import type { Registry } from '../../src/registry/registry.ts';
import { resolve } from '../../src/registry/resolve.ts';
import { checkPromotion } from '../../src/registry/stages/check-promotion.ts';
import { applyPolicy } from '../../src/registry/stages/policy.ts';
import { promote } from '../../src/registry/stages/promote.ts';
import { f32, i64, writeGoldenJson } from '../support/golden-tensors.ts';
import { bottomlessTree } from '../support/hostile-onnx.ts';
import { moodyAdder } from '../support/moody-onnx.ts';
import { failsWith, fixture, tempFolder, type Cleanup } from '../support/temp-folder.ts';
import { add, exact, stage, tempRegistry, type TempRegistry } from '../support/temp-registry.ts';

const digits = exact('digits@1.0.0');
const production = stage('production');

async function withDigits(context: Cleanup): Promise<TempRegistry> {
  const registry = await tempRegistry(context);
  await add(registry, 'digits', fixture('digits_mlp/model.onnx'));
  return registry;
}

const make = (registry: Registry, rest: Partial<MakeGoldenInput> = {}) =>
  makeGolden(registry, { ref: digits, cases: 2, seed: 1, shapes: new Map(), ...rest });

const policyOf = (section: object) => ({
  policy: checkPolicy({ stages: { production: section } }, 'the policy'),
  what: 'the policy',
});

test("a set of the version's own outputs is marked self everywhere, and the same again changes nothing", async (context) => {
  const registry = await withDigits(context);
  const made = await make(registry, { message: 'before the upgrade' });
  assert.deepEqual(
    [made.changed, made.golden.self, made.golden.cases, made.sets, made.trial?.verdict],
    [true, true, 2, 1, 'pass'],
  );
  assert.match(made.warnings.join('\n'), /^using 1 for dynamic dimensions/);
  const [event] = await registry.metadata.events({ limit: 1 });
  assert.deepEqual(
    [event?.action, event?.message, event?.details['self'], event?.details['digest']],
    ['golden', 'before the upgrade', true, made.golden.digest],
  );
  const result = await testVersion(registry, { ref: digits });
  assert.deepEqual(
    [result.verdict, result.goldenSets.map(({ source, self }) => [source, self])],
    ['pass', [['added', true]]],
  );
  assert.deepEqual(
    result.cases.map((one) => [one.case, one.outputs.map(({ output, maxAbs }) => [output, maxAbs])]),
    [0, 1].map((at) => [
      `test_data_set_${at}`,
      [
        ['label', 0],
        ['probabilities', 0],
      ],
    ]),
  );
  const again = await make(registry);
  assert.deepEqual(
    [again.changed, again.golden.self, again.golden.digest],
    [false, true, made.golden.digest],
  );
  assert.deepEqual(again.warnings, [], 'nothing was chosen for a set that was there');
  const other = await make(registry, { seed: 2, batch: 3 });
  assert.deepEqual([other.changed, other.sets], [true, 2]);
  assert.deepEqual((await verify(registry, {})).problems, []);
  assert.deepEqual(readdirSync(join(registry.home, 'tmp')), [], 'nothing is left behind');
});

test('inputs of a file are recorded with the outputs that the version gives', async (context) => {
  const registry = await withDigits(context);
  const made = await make(registry, { inputFile: fixture('digits_mlp/golden.json') });
  assert.equal(made.golden.cases, 2);
  const result = await testVersion(registry, { ref: digits, against: fixture('digits_mlp/golden.json') });
  assert.equal(result.verdict, 'pass');
  await assert.rejects(
    make(registry, { inputFile: fixture('iris_zipmap/golden.json') }),
    failsWith('INVALID_INPUT'),
  );
});

test('every type that can be fed is recorded exactly', async (context) => {
  const registry = await tempRegistry(context);
  await add(registry, 'cars', fixture('cars_mixed_inputs/model.onnx'));
  const ref = exact('cars@1.0.0');
  const made = await make(registry, { ref, inputFile: fixture('cars_mixed_inputs/golden.json') });
  assert.equal(made.trial?.verdict, 'pass');
});

test('self-made sets alone do not open the golden gate; one of another source does', async (context) => {
  const registry = await withDigits(context);
  await make(registry);
  const require = ['golden'];
  const alone = await promote(registry, { ref: digits, stage: production, require });
  assert.deepEqual([alone.blocked?.version, alone.gates[0]?.verdict], ['1.0.0', 'inconclusive']);
  assert.match(alone.gates[0]?.reason ?? '', /its only golden set was made from its own outputs/);
  assert.match(alone.blocked?.hint ?? '', /mlreg golden add digits@1\.0\.0 PATH/);
  await addGolden(registry, { ref: digits, path: fixture('digits_mlp/golden.json') });
  const both = await promote(registry, { ref: digits, stage: production, require });
  assert.deepEqual([both.changed, both.gates[0]?.observed], [true, '4 of 4 cases match']);
});

test('the policy of the stage can allow self-made sets, and no other policy can loosen it', async (context) => {
  const registry = await withDigits(context);
  await make(registry);
  const judge = async (given?: object, require?: string[]) => {
    const input = { ref: digits, stage: production, ...(require === undefined ? {} : { require }) };
    const { gates } = await checkPromotion(
      registry,
      given === undefined ? input : { ...input, policy: policyOf(given) },
    );
    return gates.find(({ kind }) => kind === 'golden');
  };
  const verdictOf = async (...given: Parameters<typeof judge>) => (await judge(...given))?.verdict;
  const allowed = { require: ['golden'], golden: { allowSelf: true } };
  for (const input of [
    { policy: policyOf(allowed) },
    { policy: policyOf({ golden: { allowSelf: true } }), require: ['golden'] },
  ]) {
    const { blocked, gates } = await promote(registry, { ref: digits, stage: production, ...input });
    assert.equal(gates[0]?.verdict, 'inconclusive', 'a file cannot allow it, whoever asks for the gate');
    assert.match(
      gates[0]?.reason ?? '',
      /only the registry's policy can allow these alone, so "allowSelf" in the policy does not count/,
    );
    assert.match(blocked?.hint ?? '', /mlreg golden add .*mlreg policy apply FILE/);
  }
  assert.equal(await verdictOf({ require: ['golden'] }), 'inconclusive');

  await applyPolicy(registry, policyOf({ require: ['golden'] }));
  assert.equal(await verdictOf(), 'inconclusive');
  assert.equal(await verdictOf(allowed), 'inconclusive', 'a file does not loosen the policy');
  assert.match((await judge())?.reason ?? '', /the policy does not allow these alone/);
  const stored = await applyPolicy(registry, policyOf(allowed));
  assert.deepEqual(stored.warnings, []);
  assert.equal(await verdictOf(), 'pass');
  assert.equal(await verdictOf(undefined, ['golden']), 'pass');
  assert.equal(await verdictOf({ golden: { allowSelf: false } }), 'inconclusive', 'it may be stricter');
  const { warnings } = await applyPolicy(registry, policyOf({ golden: { allowSelf: true } }));
  assert.deepEqual(warnings, ['stages.production sets "golden", but does not require the golden gate']);
  assert.equal(await verdictOf(undefined, ['golden']), 'pass');
});

test('what does not run, or gives other outputs the second time, gets no set', async (context) => {
  const registry = await tempRegistry(context);
  const folder = tempFolder(context);
  const register = async (name: string, bytes: Uint8Array): Promise<void> => {
    writeFileSync(join(folder, `${name}.onnx`), bytes);
    await add(registry, name, join(folder, `${name}.onnx`));
  };
  await register('tree', bottomlessTree());
  await assert.rejects(
    make(registry, { ref: exact('tree@1.0.0') }),
    failsWith('GATE_FAILED', /could not be run \((?:timeout|crash|oom|error)\).*nothing was changed/),
  );
  await register('moody', moodyAdder());
  const moody = exact('moody@1.0.0');
  await assert.rejects(
    make(registry, { ref: moody, cases: 3 }),
    failsWith('GATE_FAILED', /does not reproduce its own outputs: .*output "y"/),
  );
  assert.deepEqual(goldenSetsOf(await resolve(registry, moody)), []);
});

test('registering with a golden set that the model does not give warns, with case and difference', async (context) => {
  const registry = await tempRegistry(context);
  const model = fixture('digits_mlp/model.onnx');
  const right = await add(registry, 'digits', model, { golden: fixture('digits_mlp/golden.json') });
  assert.deepEqual(right.warnings, []);
  const wrong = await add(registry, 'wrong', model, { golden: fixture('digits_mlp_v2/golden.json') });
  assert.equal(wrong.changed, true, 'it is registered all the same');
  assert.match(
    wrong.warnings.join('\n'),
    /the model does not pass this golden set.*cases\[0\], output "probabilities"\[0,\d\]: expected 0\.\d+, got 0\.\d+/,
  );
  const conv = fixture('digits_conv_external');
  const path = writeGoldenJson(tempFolder(context), [
    { inputs: { X: f32([1, 64], Array(64).fill(0)) }, outputs: { label: i64([1], [11]) } },
  ]);
  await assert.rejects(add(registry, 'conv', conv, { golden: path }), failsWith('INVALID_INPUT'));
  const folder = await add(registry, 'conv', conv, { golden: fixture('digits_conv_external/golden.json') });
  assert.deepEqual(
    folder.warnings.filter((warning) => warning.includes('golden')),
    [],
  );
});
