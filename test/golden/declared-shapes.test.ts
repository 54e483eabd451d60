/**
 * ONNX Runtime takes declared output shapes, and an input's rank of 0, as hints: so do golden sets.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testVersion } from '../../src/registry/inspect/test-version.ts';
import { f32, i64, writeGoldenJson } from '../support/golden-tensors.ts';
import { network, operator, testGoldenModels } from '../support/golden-models.ts';
import { graph, model, node, reals, tensor } from '../support/onnx-writer.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { add, ref, tempRegistry } from '../support/temp-registry.ts';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

const ml = { domain: 'ai.onnx.ml', opset: { '': 17, 'ai.onnx.ml': 3 } };
/** `features[0] <= 0.5 ? 1 : 2` */
const tree = {
  n_targets: 1,
  nodes_falsenodeids: [2, 0, 0],
  nodes_featureids: [0, 0, 0],
  nodes_modes: ['BRANCH_LEQ', 'LEAF', 'LEAF'],
  nodes_nodeids: [0, 1, 2],
  nodes_treeids: [0, 0, 0],
  nodes_truenodeids: [1, 0, 0],
  nodes_values: reals([0.5, 0, 0]),
  target_ids: [0, 0],
  target_nodeids: [1, 2],
  target_treeids: [0, 0],
  target_weights: reals([1, 2]),
};
const four = f32([4, 2], [1, -2, 3, -4, 5, -6, 7, -8]);
const positive = f32([4, 2], [1, 0, 3, 0, 5, 0, 7, 0]);

testGoldenModels({
  'a tree, declared without the axis of targets': {
    ...operator(
      'TreeEnsembleRegressor',
      { features: f32([3, 1], [0.25, 0.5, 0.75]) },
      { predictions: f32([3, 1], [1, 1, 2]) },
      tree,
      { ...ml, shapes: { features: ['N', 1], predictions: ['N'] } },
    ),
    warned: [/declares its output "predictions" as float32\[N\], but the golden set expects float32\[3,1\]/],
  },
  'an output that is declared as a scalar': {
    ...operator('Relu', { x: four }, { y: positive }, {}, { shapes: { x: ['N', 2], y: [] } }),
    warned: [/"y" as float32\[\], but the golden set expects float32\[4,2\]/],
  },
  'a batch of four from an output that is declared as one': {
    ...operator('Relu', { x: four }, { y: positive }, {}, { shapes: { x: ['N', 2], y: [1, 2] } }),
    warned: [/"y" as float32\[1,2\]/],
  },
  'an output of another size than declared, twice: one warning': {
    ...operator('Relu', { x: four }, { y: positive }, {}, { shapes: { x: ['N', 2], y: ['N', 0] } }),
    cases: [
      { inputs: { x: four }, outputs: { y: positive } },
      { inputs: { x: four }, outputs: { y: positive } },
    ],
    warned: [/"y" as float32\[N,0\]/],
  },
  'an input that is declared as a scalar takes any shape': {
    ...operator('Relu', { x: four }, { y: positive }, {}, { shapes: { x: [], y: ['N', 'M'] } }),
    cases: [
      { inputs: { x: four }, outputs: { y: positive } },
      { inputs: { x: f32([], [-1]) }, outputs: { y: f32([], [0]) } },
    ],
    warned: [/"y" as float32\[N,M\], but the golden set expects float32\[\]/],
  },
  'two outputs, of which one is declared otherwise': {
    ...network(
      [node('Relu', ['x'], ['y']), node('Shape', ['x'], ['size'])],
      { x: four },
      { y: positive, size: i64([2], [4, 2]) },
      {},
      { x: ['N', 2], size: [1] },
    ),
    warned: [/"size" as int64\[1\]/],
  },
});

test('the shape that the model gives is compared with the one that is expected, whatever is declared', async (t) => {
  const registry = await tempRegistry(t);
  const folder = tempFolder(t);
  const file = join(folder, 'model.onnx');
  writeFileSync(
    file,
    model({
      graph: graph({
        inputs: [tensor('x', 'float32', ['N', 2])],
        outputs: [tensor('y', 'float32', ['N'])],
        nodes: [node('Relu', ['x'], ['y'])],
      }),
    }),
  );
  await add(registry, 'm', file);
  const against = writeGoldenJson(folder, [{ inputs: { x: four }, outputs: { y: f32([8], positive.data) } }]);
  const result = await testVersion(registry, { ref: ref('m'), against });
  assert.equal(result.verdict, 'fail');
  const { expected, actual } = result.cases[0]?.worst ?? {};
  assert.deepEqual([expected, actual], ['float32[8]', 'float32[4,2]']);
  assert.deepEqual(result.warnings, []);
});
