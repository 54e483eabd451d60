/**
 * Models that the standard would not have so, and that ONNX Runtime takes: registered, shown and
 * tested.
 */
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { benchVersion } from '../../src/bench/run/bench-version.ts';
import { planBench } from '../../src/bench/plan/plan.ts';
import { testVersion } from '../../src/registry/inspect/test-version.ts';
import { f32, i64, writeDataSets } from '../support/golden-tensors.ts';
import { type GoldenModel, network, operator, testGoldenModels } from '../support/golden-models.ts';
import { constant, graph, model, node, reals, tensor, value } from '../support/onnx-writer.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { add, ref, tempRegistry } from '../support/temp-registry.ts';

const x = f32([2], [1, -2]);
const sums = { y: f32([2], [11, 18]) };
const weights = new Uint8Array(Float32Array.of(10, 20).buffer);

/** `y = x + w`, where `w` is outside of the model file. */
const outside = (external: Record<string, string>, files: GoldenModel['files']): GoldenModel => ({
  ...network(
    [node('Add', ['x', 'w'], ['y'])],
    { x },
    sums,
    {},
    {},
    { initializers: [constant('float32', [2], { external }, 'w')] },
  ),
  files: files ?? {},
});

/** In GBK, which is not UTF-8, each `QQQQ` of a model. */
function gbk(golden: GoldenModel): GoldenModel {
  const text = Buffer.from(golden.bytes).toString('latin1');
  return {
    ...golden,
    bytes: Buffer.from(text.replaceAll('QQQQ', '\u00d5\u00c5\u00c1\u00bf'), 'latin1'),
  };
}

testGoldenModels({
  'external data in a file with a colon': outside(
    { location: 'model.layers.0:weight' },
    { 'model.layers.0:weight': weights },
  ),
  'external data in a file with a pipe, behind dots and slashes': outside(
    { location: './/.//a|b' },
    { 'a|b': weights },
  ),
  'external data by way of a folder': outside(
    { location: 'weights/../w.bin' },
    { 'w.bin': weights, 'weights/other.bin': weights },
  ),
  'external data with packed weights of a kernel': outside(
    { location: 'w.bin', length: '8', prepacked_0: 'MatMul+104790|0;8;0' },
    { 'w.bin': weights },
  ),
  'names in another encoding': gbk(
    network(
      [
        node('Add', ['x', 'QQQQ'], ['QQQQ1'], {}, { name: 'QQQQ' }),
        node('Identity', ['QQQQ1'], ['QQQQ2']),
        node('Neg', ['QQQQ2'], ['y']),
      ],
      { x },
      { y: f32([2], [-11, -18]) },
      {},
      {},
      { name: 'QQQQ', initializers: [constant('float32', [2], [10, 20], 'QQQQ')] },
    ),
  ),
  'an operator of ai.onnx.ml, whose set is not imported': {
    ...operator(
      'Scaler',
      { x: f32([1, 2], [1, -2]) },
      { y: f32([1, 2], [0, -6]) },
      { offset: reals([1]), scale: reals([2]) },
      { domain: 'ai.onnx.ml', opset: 17 },
    ),
    doubted: /"model\.onnx": it uses "Scaler" without importing "ai\.onnx\.ml"/,
  },
  'outputs without a type': {
    bytes: model({
      graph: graph({
        inputs: [tensor('x', 'float32', [2])],
        outputs: [value('y'), value('size')],
        nodes: [node('Neg', ['x'], ['y']), node('Shape', ['x'], ['size'])],
      }),
    }),
    cases: [{ inputs: { x }, outputs: { y: f32([2], [-1, 2]), size: i64([1], [2]) } }],
  },
  'an output of which more is declared than there is memory': {
    ...operator('Neg', { x }, { y: f32([2], [-1, 2]) }, {}, { shapes: { y: [2n ** 62n] } }),
  },
});

test('an output called __proto__ is compared and timed', async (t) => {
  const registry = await tempRegistry(t);
  const folder = tempFolder(t);
  mkdirSync(join(folder, 'golden'));
  const names = ['y', '__proto__'];
  writeFileSync(
    join(folder, 'model.onnx'),
    model({
      graph: graph({
        inputs: [tensor('x', 'float32', [2])],
        outputs: names.map((name) => tensor(name, 'float32', [2])),
        nodes: [node('Neg', ['x'], ['y']), node('Relu', ['x'], ['__proto__'])],
      }),
    }),
  );
  const outputs = Object.fromEntries([
    ['y', f32([2], [-1, 2])],
    ['__proto__', f32([2], [1, 0])],
  ]);
  const golden = writeDataSets(join(folder, 'golden'), [{ inputs: { x }, outputs }]);
  await add(registry, 'm', join(folder, 'model.onnx'), { golden });

  const result = await testVersion(registry, { ref: ref('m') });
  assert.equal(result.verdict, 'pass', JSON.stringify(result));
  assert.deepEqual(
    result.cases[0]?.outputs.map(({ output }) => output),
    names,
  );
  const plan = planBench({ launches: 1, iterations: 3, warmup: 0, threads: 1 });
  const { report } = await benchVersion(registry, { ref: ref('m'), plan });
  assert.equal(report.status, 'ok', report.error?.message);
  assert.deepEqual([report.outputs.match, report.outputs.fetched], [true, names]);
});
