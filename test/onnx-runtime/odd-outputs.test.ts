/**
 * Outputs as models have them: without a type, under a name that no object can have, and very
 * large.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { releaseOutputs, type Outputs } from '../../src/runtime/child/session.ts';
import { benchModel, modelFile } from '../support/bench-model.ts';
import { shaped, testShapes } from '../support/bench-shapes.ts';
import { constant, type GraphOptions, node, tensor, value } from '../support/onnx-writer.ts';

const x = [tensor('x', 'float32', ['n'])];
const y = tensor('y', 'float32', ['n']);
const of = (nodes: GraphOptions['nodes'], outputs: GraphOptions['outputs']): Uint8Array =>
  shaped({ inputs: x, nodes, outputs });
const relu = node('Relu', ['x'], ['y']);

testShapes({
  'an output without a type': { bytes: of([relu], [value('y')]) },
  'an output without a type beside one with a type': {
    bytes: of([relu, node('Neg', ['x'], ['z'])], [y, value('z')]),
  },
  'an output without a type that is a sequence': {
    bytes: of([relu, node('SequenceConstruct', ['x'], ['s'])], [y, value('s')]),
    skipped: ['s'],
  },
  'nothing but a sequence without a type': {
    bytes: of([node('SequenceConstruct', ['x'], ['s'])], [value('s')]),
    error: /onnxruntime-node cannot return any output/,
  },
  'an output called __proto__': {
    bytes: of([node('Relu', ['x'], ['__proto__'])], [tensor('__proto__', 'float32', ['n'])]),
  },
  'an output called __proto__ beside another': {
    bytes: of([relu, node('Neg', ['x'], ['__proto__'])], [y, tensor('__proto__', 'float32', ['n'])]),
  },
  'an input called __proto__': {
    bytes: shaped({
      inputs: [tensor('__proto__', 'float32', ['n'])],
      outputs: [y],
      nodes: [node('Relu', ['__proto__'], ['y'])],
    }),
  },
  'an output of which more is declared than there is memory': {
    bytes: of([relu], [tensor('y', 'float32', [2n ** 62n, 2 ** 40])]),
  },
});

const bigOutput = (floats: number): Uint8Array =>
  shaped({
    inputs: [tensor('x', 'float32', [1])],
    outputs: [tensor('y', 'float32', [floats])],
    initializers: [constant('int64', [1], [floats], 'size')],
    nodes: [node('Expand', ['x', 'size'], ['y'])],
  });

test('large outputs are given back between runs', async (t) => {
  const { report } = await benchModel(modelFile(t, bigOutput(2 ** 23)), { iterations: 20, warmup: 0 });
  assert.equal(report.status, 'ok', report.error?.message);
  const { peakRssMb = 0, baseRssMb = 0 } = report.memory ?? {};
  // One output takes 34 MB; the garbage collector lets ten and more of them lie.
  assert.ok(peakRssMb - baseRssMb < 150, `${peakRssMb} MB, of which Node and ONNX Runtime take ${baseRssMb}`);
});

test('small outputs, strings and what was given back already are let be', async () => {
  const tensorOf = (data: unknown) => ({ data }) as Outputs[string];
  const small = new Float32Array(1000);
  assert.equal(releaseOutputs({ a: tensorOf(small), b: tensorOf(['text']) }), undefined);
  assert.equal(small.length, 1000);
  const large = new Float32Array(2 ** 18);
  await releaseOutputs({ a: tensorOf(small), b: tensorOf(large), c: tensorOf(large.subarray(1)) });
  assert.deepEqual([small.length, large.length], [0, 0]);
});
