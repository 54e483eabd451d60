/**
 * Inputs of decoders: an empty past, a mask whose size is a sum, and what is said where made-up
 * inputs do not do.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { benchVersion, benchFailure } from '../../src/bench/run/bench-version.ts';
import { planBench, type BenchOptions } from '../../src/bench/plan/plan.ts';
import { parseShapes } from '../../src/onnx/feeds/given-sizes.ts';
import { benchModel, modelFile } from '../support/bench-model.ts';
import { shaped, testShapes } from '../support/bench-shapes.ts';
import { f32, goldenJson, i64 } from '../support/golden-tensors.ts';
import { node, tensor } from '../support/onnx-writer.ts';
import { failsWith, tempFolder } from '../support/temp-folder.ts';
import { add, ref, tempRegistry } from '../support/temp-registry.ts';

/** `y = [past, x] + mask`: the runtime refuses a mask of another size, unless that is 1. */
const decoder = (mask: string): Uint8Array =>
  shaped({
    inputs: [
      tensor('x', 'int64', ['b', 's']),
      tensor('past', 'int64', ['b', 'ps']),
      tensor('mask', 'int64', ['b', mask]),
    ],
    outputs: [tensor('y', 'int64', ['b', 'all'])],
    nodes: [node('Concat', ['past', 'x'], ['both'], { axis: 1 }), node('Add', ['both', 'mask'], ['y'])],
  });
const given = (...texts: string[]): BenchOptions => ({ shapes: parseShapes(texts) });

testShapes({
  'a mask as long as past and present': {
    bytes: decoder('ps + s'),
    options: given('ps=3,s=2,b=4'),
    shapes: { x: [4, 2], past: [4, 3], mask: [4, 5] },
  },
  'the first step of a decoder, without a past': {
    bytes: decoder('ps + s'),
    options: given('ps=0,s=3'),
    shapes: { x: [1, 3], past: [1, 0], mask: [1, 3] },
  },
  'a whole shape, whatever its symbols are elsewhere': {
    bytes: decoder('s'),
    options: given('mask=1x5', 's=2', 'ps=3'),
    shapes: { x: [1, 2], past: [1, 3], mask: [1, 5] },
  },
  'a mask that does not fit': { bytes: decoder('all'), options: given('ps=3,s=2,all=4'), error: /Add node/ },
});

test('a recorded first step is fed, its past empty', async (t) => {
  const file = modelFile(t, decoder('ps + s'));
  const inputs = { x: i64([1, 2], [5, 6]), past: i64([1, 0], []), mask: i64([1, 2], [1, 1]) };
  const { report } = await benchModel(
    file,
    {},
    { inputFiles: goldenJson(tempFolder(t), [{ inputs, outputs: {} }]) },
  );
  assert.equal(report.status, 'ok', report.error?.message);
  assert.deepEqual(report.input.shapes, { x: [1, 2], past: [1, 0], mask: [1, 2] });
});

test('recorded inputs may have any shape where the model declares a scalar', async (t) => {
  const file = modelFile(
    t,
    shaped({
      inputs: [tensor('x', 'float32', [])],
      outputs: [tensor('y', 'float32', ['N'])],
      nodes: [node('Relu', ['x'], ['y'])],
    }),
  );
  const inputs = {
    x: f32(
      [4, 3],
      Array.from({ length: 12 }, (_, at) => at - 6),
    ),
  };
  const inputFiles = goldenJson(tempFolder(t), [{ inputs, outputs: {} }]);
  const { report } = await benchModel(file, {}, { inputFiles });
  assert.equal(report.status, 'ok', report.error?.message);
  assert.deepEqual(report.input.shapes, { x: [4, 3] });
});

test('where made-up inputs do not do, it is said how to give others', async (t) => {
  const registry = await tempRegistry(t);
  await add(registry, 'decoder', modelFile(t, decoder('all')));
  const plan = (options: BenchOptions) =>
    planBench({ launches: 1, iterations: 3, warmup: 0, threads: 1, ...options });
  const bench = (options: BenchOptions) =>
    benchVersion(registry, { ref: ref('decoder'), plan: plan(options), keep: false });

  const refused = benchFailure(await bench(given('ps=3,s=2,all=4')));
  assert.equal(refused?.code, 'GATE_FAILED');
  for (const flag of ['--shape', '--range', '--input']) assert.match(refused.hint, new RegExp(flag));
  await assert.rejects(bench(given('nothing=3')), (error) => {
    assert.ok(failsWith('INVALID_INPUT', /no dimension or input named "nothing"/)(error));
    return ['--shape', '--range', '--input'].every((flag) => (error as typeof refused).hint.includes(flag));
  });
});
