import assert from 'node:assert/strict';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { predict, type PredictInput } from '../../src/predict/predict.ts';
import { bottomlessTree, endlessLoop, unknownOperator } from '../support/hostile-onnx.ts';
import { constant, graph, model, node, tensor, type Shape } from '../support/onnx-writer.ts';
import { cellsOf, predictInput, predictText, tablePaths } from '../support/predicted.ts';
import { failsWith, tempFolder } from '../support/temp-folder.ts';
import { add, tempRegistry, type TempRegistry } from '../support/temp-registry.ts';

async function withModel(t: TestContext, bytes: Uint8Array): Promise<TempRegistry> {
  const registry = await tempRegistry(t);
  const file = join(tempFolder(t), 'model.onnx');
  writeFileSync(file, bytes);
  await add(registry, 'model', file);
  return registry;
}

/** Predicts, expects that to fail, and that nothing is left beside the table. */
async function failing(
  t: TestContext,
  bytes: Uint8Array,
  table: string,
  expected: RegExp,
  rest: Partial<PredictInput> = {},
): Promise<void> {
  const registry = await withModel(t, bytes);
  const paths = tablePaths(t, table);
  await assert.rejects(
    predict(registry, predictInput('model', paths, rest)),
    failsWith('GATE_FAILED', expected),
  );
  assert.deepEqual(readdirSync(paths.folder), ['in.csv']);
  assert.equal(existsSync(paths.output), false);
}

test('a model that hangs is stopped after a time without progress', (t) =>
  failing(t, endlessLoop(), 'x\n1\n', /model@1\.0\.0 .* no progress within 1\.5 s/, { timeoutMs: 1500 }));

test('a model that crashes, or that ONNX Runtime refuses, is the reason', async (t) => {
  await failing(t, bottomlessTree(), 'x\n1\n', /crashed with/);
  await failing(t, unknownOperator(), 'x\n1\n', /NoSuchOperator/);
});

test('a model that takes too much memory is stopped', (t) => {
  const shape = constant('int64', [2], [2 ** 14, 2 ** 14], 'shape');
  const nodes = [
    node('ConstantOfShape', ['shape2'], ['huge']),
    node('ReduceSum', ['huge'], ['sum'], { keepdims: 0 }),
    node('Identity', ['shape'], ['shape2']),
    node('Add', ['x', 'sum'], ['y']),
  ];
  const bytes = model({
    graph: graph({
      inputs: [tensor('x', 'float32', ['n']), tensor('z', 'int64', ['n'])],
      outputs: [tensor('y', 'float32', ['n'])],
      initializers: [shape],
      nodes: [nodes[2]!, nodes[0]!, nodes[1]!, nodes[3]!],
    }),
  });
  return failing(t, bytes, 'x,z\n1,1\n', /used more than 400 MB of memory/, { memoryLimitBytes: 400e6 });
});

test('outputs that do not count the rows are refused', (t) => {
  const bytes = model({
    graph: graph({
      inputs: [tensor('x', 'float32', ['n'])],
      outputs: [tensor('y', 'float32', ['m'])],
      nodes: [node('Concat', ['x', 'x'], ['y'], { axis: 0 })],
    }),
  });
  return failing(t, bytes, 'x\n1\n2\n3\n', /output "y" has shape \[6\] for 3 rows/);
});

const double = (shape: Shape): Uint8Array =>
  model({
    graph: graph({
      inputs: [tensor('x', 'float32', shape)],
      outputs: [tensor('y', 'float32', shape)],
      nodes: [node('Add', ['x', 'x'], ['y'])],
    }),
  });

for (const [batch, rows] of [
  [1, 5],
  [4, 10],
  [8, 3],
] as const) {
  test(`a model that takes ${batch} rows at a time gets them, whatever the number of rows`, async (t) => {
    const registry = await withModel(t, double([batch, 1]));
    const table = `x\n${Array.from({ length: rows }, (_, row) => `${row}\n`).join('')}`;
    const { output, result } = await predictText(t, registry, 'model', table, { batch: 3 });
    assert.deepEqual(
      cellsOf(output).slice(1),
      Array.from({ length: rows }, (_, row) => [String(row), String(2 * row)]),
    );
    assert.equal(result.batch, batch);
    assert.match(result.warnings.join(), new RegExp(`takes ${batch} rows? at a time: --batch 3`));
  });
}
