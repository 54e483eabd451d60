import assert from 'node:assert/strict';
import { readFileSync, writeFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { resolve } from '../../src/registry/resolve.ts';
import { testFailure } from '../../src/registry/inspect/test-failure.ts';
import type { TestResult } from '../../src/registry/inspect/test-result.ts';
import { testVersion } from '../../src/registry/inspect/test-version.ts';
import { testView } from '../../src/render/inspect/test-view.ts';
import { f32, type Tensor, writeDataSets, writeGoldenJson } from '../support/golden-tensors.ts';
import { bottomlessTree, allocationBomb, endlessLoop } from '../support/hostile-onnx.ts';
import { graph, model, node, tensor } from '../support/onnx-writer.ts';
import { failsWith, fixture, flipBit, tempFolder } from '../support/temp-folder.ts';
import { add, blobPath, editRows, ref, tempRegistry } from '../support/temp-registry.ts';

interface GoldenFile {
  atol: number;
  rtol: number;
  cases: { inputs: Record<string, Tensor>; outputs: Record<string, Tensor> }[];
}

const models = [
  'breast_cancer_lr',
  'cars_mixed_inputs',
  'diabetes_trees',
  'digits_conv_external',
  'digits_mlp',
  'digits_mlp_bad',
  'digits_mlp_retrained',
  'digits_mlp_v2',
  'iris_zipmap',
];
const goldenOf = (name: string): string => fixture(`${name}/golden.json`);
const sourceOf = (name: string): string =>
  name === 'digits_conv_external' ? fixture(name) : fixture(`${name}/model.onnx`);
const modelNameOf = (name: string): string => name.replaceAll('_', '-');

test('every fixture matches its golden set, and one changed value in it is found and named', async (t) => {
  const registry = await tempRegistry(t);
  const folder = tempFolder(t);
  for (const name of models) {
    const { ref: registered, warnings } = await add(registry, modelNameOf(name), sourceOf(name), {
      golden: goldenOf(name),
    });
    // Registering runs the model on the set, too.
    assert.ok(!warnings.some((warning) => warning.includes('golden set')), warnings.join('\n'));
    if (name === models[0]) {
      const passed = await testVersion(registry, { ref: ref(registered) });
      assert.equal(passed.verdict, 'pass', JSON.stringify(passed));
      assert.equal(passed.golden.source, 'registered');
      assert.equal(testFailure(passed), undefined);
    }

    const golden = JSON.parse(readFileSync(goldenOf(name), 'utf8')) as GoldenFile;
    const outputs = golden.cases.at(-1)?.outputs ?? {};
    const output = Object.keys(outputs).at(-1) ?? '';
    const { data, shape } = outputs[output]!;
    const last = data.length - 1;
    const right = data[last]!;
    data[last] = typeof right === 'number' ? right + 1 : typeof right === 'boolean' ? !right : 'other';
    const changed = join(folder, `${name}.json`);
    writeFileSync(changed, JSON.stringify(golden));

    const failed = await testVersion(registry, { ref: ref(registered), against: changed });
    assert.deepEqual([failed.verdict, failed.status], ['fail', 'ok']);
    const failing = failed.cases.filter(({ match }) => match === false);
    assert.deepEqual(
      failing.map((one) => one.case),
      [`cases[${golden.cases.length - 1}]`],
    );
    assert.equal(failing[0]?.worst?.output, output);
    const index = failing[0]?.worst?.index ?? [];
    assert.deepEqual(
      index,
      shape.map((size) => size - 1),
    );
    const problem = testFailure(failed);
    assert.equal(problem?.code, 'GATE_FAILED');
    assert.ok(problem.message.includes(`"${output}"[${index.join(',')}]: expected`), problem.message);
  }
});

test('outputs that are no tensors are named, their siblings are tested', async (t) => {
  const registry = await tempRegistry(t);
  await add(registry, 'iris', sourceOf('iris_zipmap'), { golden: goldenOf('iris_zipmap') });
  const result = await testVersion(registry, { ref: ref('iris') });
  assert.deepEqual(result.skippedOutputs, [
    { name: 'probabilities', type: 'seq(map(int64,tensor(float32)))' },
  ]);
  assert.deepEqual(
    result.cases[0]?.outputs.map(({ output }) => output),
    ['label'],
  );
});

test('outputs that the golden set leaves out are named, where something else was compared', async (t) => {
  const registry = await tempRegistry(t);
  const folder = tempFolder(t);
  const set = JSON.parse(readFileSync(goldenOf('digits_mlp'), 'utf8')) as {
    cases: { outputs: Record<string, unknown> }[];
  };
  const probabilities = { name: 'probabilities', type: 'tensor(float32)' };
  await add(registry, 'digits', sourceOf('digits_mlp'));
  const skipped = async (): Promise<TestResult['skippedOutputs']> => {
    const against = join(folder, 'part.json');
    writeFileSync(against, JSON.stringify(set));
    const result = await testVersion(registry, { ref: ref('digits'), against });
    assert.equal(result.verdict, 'pass');
    return result.skippedOutputs;
  };
  assert.deepEqual(await skipped(), []);
  delete set.cases[0]!.outputs['probabilities'];
  assert.deepEqual(await skipped(), [], 'one case compares it');
  delete set.cases[1]!.outputs['probabilities'];
  assert.deepEqual(await skipped(), [probabilities]);
});

const relu = model({
  graph: graph({
    inputs: [tensor('x', 'float32', ['n'])],
    outputs: [tensor('y', 'float32', ['n'])],
    nodes: [node('Relu', ['x'], ['y'])],
  }),
});

test('flags beat the tolerances of the file, which beat the defaults', async (t) => {
  const registry = await tempRegistry(t);
  const folder = tempFolder(t);
  writeFileSync(join(folder, 'relu.onnx'), relu);
  await add(registry, 'relu', join(folder, 'relu.onnx'));
  const cases = [{ inputs: { x: f32([2], [1, 2]) }, outputs: { y: f32([2], [1, 2.01]) } }];
  const verdict = async (file: object, tolerance: object): Promise<string> => {
    const against = writeGoldenJson(folder, cases, file);
    return (await testVersion(registry, { ref: ref('relu'), against, tolerance })).verdict;
  };
  assert.equal(await verdict({}, {}), 'fail');
  assert.equal(await verdict({ atol: 0.011 }, {}), 'pass');
  assert.equal(await verdict({ atol: 0.011 }, { atol: 0 }), 'fail');
  assert.equal(await verdict({ atol: 0.011, rtol: 0 }, { atol: 0, rtol: 0.01 }), 'pass');
});

test('another shape or type than expected is a mismatch, and said', async (t) => {
  const registry = await tempRegistry(t);
  const folder = tempFolder(t);
  writeFileSync(join(folder, 'relu.onnx'), relu);
  await add(registry, 'relu', join(folder, 'relu.onnx'));
  const against = writeDataSets(folder, [
    { inputs: { x: f32([2], [1, 2]) }, outputs: { y: f32([3], [1, 2, 3]) } },
  ]);
  const result = await testVersion(registry, { ref: ref('relu'), against });
  assert.match(testFailure(result)?.message ?? '', /"y": expected float32\[3\], got float32\[2\]/);
});

test('one case that fails does not hide the others, nor do those that cannot be run', async (t) => {
  const registry = await tempRegistry(t);
  const folder = tempFolder(t);
  const add2 = model({
    graph: graph({
      inputs: [tensor('a', 'float32', ['n']), tensor('b', 'float32', ['m'])],
      outputs: [tensor('c', 'float32', ['k'])],
      nodes: [node('Add', ['a', 'b'], ['c'])],
    }),
  });
  writeFileSync(join(folder, 'add.onnx'), add2);
  await add(registry, 'add', join(folder, 'add.onnx'));
  const one = (b: Tensor, c: number[]) => ({
    inputs: { a: f32([2], [1, 2]), b },
    outputs: { c: f32([2], c) },
  });
  const right = one(f32([1], [1]), [2, 3]);
  const refused = one(f32([3], [1, 2, 3]), [2, 3]);
  const wrong = one(f32([1], [1]), [2, 4]);
  const matches = async (...cases: (typeof right)[]) => {
    const {
      verdict,
      status,
      cases: results,
    } = await testVersion(registry, {
      ref: ref('add'),
      against: writeGoldenJson(folder, cases),
    });
    return [verdict, status, results.map(({ match }) => match)];
  };
  assert.deepEqual(await matches(refused, wrong, right), ['fail', 'error', [null, false, true]]);
  assert.deepEqual(await matches(refused, right), ['inconclusive', 'error', [null, true]]);
});

const floatIn = { x: f32([1], [1]) };
const floatOut = { y: f32([1], [1]) };

test('a model that hangs, eats the memory or crashes is a result that blocks', async (t) => {
  const registry = await tempRegistry(t);
  const folder = tempFolder(t);
  const run = async (
    name: string,
    bytes: Uint8Array,
    inputs: Record<string, Tensor>,
    outputs: Record<string, Tensor>,
  ) => {
    writeFileSync(join(folder, `${name}.onnx`), bytes);
    // Registered with the set, the model would be tried until the time limit.
    await add(registry, name, join(folder, `${name}.onnx`));
    const result = await testVersion(registry, {
      ref: ref(name),
      against: writeGoldenJson(folder, [{ inputs, outputs }]),
      timeoutMs: name === 'loop' ? 2500 : undefined,
      memoryLimitBytes: name === 'bomb' ? 300e6 : undefined,
    });
    assert.equal(result.verdict, 'inconclusive');
    assert.deepEqual(
      result.cases.map((one) => [one.case, one.match]),
      [['cases[0]', null]],
    );
    assert.equal(testFailure(result)?.code, 'GATE_FAILED');
    assert.ok(testView.plain(result).some(([label]) => label === 'error'));
    return result;
  };
  const loop = await run('loop', endlessLoop(), floatIn, floatOut);
  assert.deepEqual([loop.status, loop.error?.case], ['timeout', 'cases[0]']);
  assert.match(testFailure(loop)?.hint ?? '', /--timeout/);
  const bomb = await run('bomb', allocationBomb(), {}, floatOut);
  assert.equal(bomb.status, 'oom');
  assert.match(testFailure(bomb)?.hint ?? '', /--memory-limit/);
  const tree = await run('tree', bottomlessTree(), { x: f32([1, 1], [1]) }, { y: f32([1, 1], [1]) });
  assert.equal(tree.status, 'crash');
});

test('without a golden set there is nothing to test, and what to do is said', async (t) => {
  const registry = await tempRegistry(t);
  await add(registry, 'digits', sourceOf('digits_mlp'));
  await assert.rejects(
    testVersion(registry, { ref: ref('digits') }),
    failsWith('NOT_FOUND', /digits@1\.0\.0 has no golden set/),
  );
  const missing = testVersion(registry, { ref: ref('digits'), against: join(registry.home, 'nothing.json') });
  await assert.rejects(missing, failsWith('NOT_FOUND', /nothing\.json/));
});

test('a golden set that is not for the model is refused before anything is registered', async (t) => {
  const registry = await tempRegistry(t);
  await assert.rejects(
    add(registry, 'digits', sourceOf('digits_mlp'), { golden: goldenOf('iris_zipmap') }),
    failsWith(
      'INVALID_INPUT',
      /"golden\.json": cases\[0\]\.inputs\."X": input "X" is float32\[4,4\], but the model declares float32\[batch,64\]/,
    ),
  );
  await assert.rejects(
    add(registry, 'cancer', fixture('breast_cancer_lr/model.joblib'), {
      golden: goldenOf('breast_cancer_lr'),
    }),
    failsWith('INVALID_INPUT', /this artifact is not one/),
  );
  await assert.rejects(testVersion(registry, { ref: ref('digits') }), failsWith('NOT_FOUND'));
  assert.deepEqual(readdirSync(join(registry.home, 'tmp')), []);
});

test('what is no ONNX model cannot be tested', async (t) => {
  const registry = await tempRegistry(t);
  await add(registry, 'cancer', fixture('breast_cancer_lr/model.joblib'));
  const tested = testVersion(registry, { ref: ref('cancer'), against: goldenOf('breast_cancer_lr') });
  await assert.rejects(
    tested,
    failsWith('INVALID_INPUT', /cannot run cancer@1\.0\.0: it is not an ONNX model/),
  );
});

test('a flipped bit in the model, in the golden set or in their rows is found first', async (t) => {
  const registry = await tempRegistry(t);
  const { files } = await add(registry, 'digits', sourceOf('digits_mlp'), { golden: goldenOf('digits_mlp') });
  const { golden } = await resolve(registry, ref('digits'));
  for (const [file] of [files, golden?.files ?? []]) {
    const path = blobPath(registry.home, file?.digest ?? '');
    flipBit(path);
    await assert.rejects(testVersion(registry, { ref: ref('digits') }), failsWith('INTEGRITY'));
    flipBit(path);
  }
  assert.equal((await testVersion(registry, { ref: ref('digits') })).verdict, 'pass');
  assert.ok(
    editRows(registry.home, "UPDATE artifact_files SET path = 'other.json' WHERE path = 'golden.json'") > 0,
  );
  await assert.rejects(testVersion(registry, { ref: ref('digits') }), failsWith('INTEGRITY'));
});
