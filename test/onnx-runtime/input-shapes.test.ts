import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Dimension, Signature } from '../../src/core/signature.ts';
import { parseShapes } from '../../src/onnx/input-shapes.ts';
import { planInputs } from '../../src/onnx/synthesize.ts';

function inputs(shapes: Record<string, Dimension[] | null>): Signature {
  const values = Object.entries(shapes).map(([name, shape]) => ({
    name,
    type: 'tensor(float32)',
    dtype: 'float32',
    shape,
  }));
  return { inputs: values, outputs: [] };
}

const bert = inputs({ ids: ['batch', 'seq'], types: ['batch', 'seq'], extra: ['batch', 4] });

function shapesOf(signature: Signature, texts: string[], batch?: number): Record<string, number[]> {
  return planInputs(signature, { seed: 1, batch, shapes: parseShapes(texts) }).shapes;
}

const refused = (message: RegExp) => ({ code: 'INVALID_INPUT', message });

test('a symbol has the same size in every input', () => {
  assert.deepEqual(shapesOf(bert, ['batch=8,seq=128']), { ids: [8, 128], types: [8, 128], extra: [8, 4] });
  assert.deepEqual(shapesOf(bert, ['batch=8', 'seq=128']), { ids: [8, 128], types: [8, 128], extra: [8, 4] });
});

test('dynamic dimensions are 1 and a warning names them', () => {
  const plan = planInputs(inputs({ a: ['N', 3], b: [null, 'N'] }), { seed: 1, shapes: new Map() });
  assert.deepEqual(plan.shapes, { a: [1, 3], b: [1, 1] });
  assert.equal(plan.warnings.length, 1);
  assert.match(plan.warnings[0] ?? '', /"N", dimension 0 of "b"/);
  assert.deepEqual(planInputs(inputs({ a: [2, 3] }), { seed: 1, shapes: new Map() }).warnings, []);
});

test('a whole shape is given by the name of an input, and binds the symbols in it', () => {
  assert.deepEqual(shapesOf(inputs({ x: null }), ['x=2x3']), { x: [2, 3] });
  assert.deepEqual(shapesOf(inputs({ x: null }), ['x=7']), { x: [7] });
  assert.deepEqual(shapesOf(inputs({ x: ['N', null], y: ['N'] }), ['x=8x64']), { x: [8, 64], y: [8] });
});

test('the batch is the first dimension of every input that leaves it open', () => {
  assert.deepEqual(shapesOf(bert, [], 5), { ids: [5, 1], types: [5, 1], extra: [5, 4] });
  assert.deepEqual(shapesOf(inputs({ a: ['N'], b: [3, 'N'], c: [null] }), [], 5), {
    a: [5],
    b: [3, 5],
    c: [5],
  });
  assert.deepEqual(shapesOf(inputs({ a: [4, 2] }), [], 4), { a: [4, 2] });
});

test('a batch for a model of fixed size is refused with that size', () => {
  assert.throws(() => shapesOf(inputs({ image: [1, 3] }), [], 8), refused(/"image" is fixed at 1/));
  assert.throws(() => shapesOf(inputs({ scalar: [] }), [], 8), refused(/"scalar" is a scalar/));
});

test('an unknown symbol is refused with the known ones', () => {
  assert.throws(() => shapesOf(bert, ['sequence=8']), refused(/"sequence".*"batch", "seq"/));
  assert.throws(() => shapesOf(bert, ['nothing=8x4']), refused(/no input named "nothing"/));
});

test('sizes that contradict the model or each other are refused', () => {
  assert.throws(
    () => shapesOf(bert, ['extra=8x5']),
    refused(/"extra" cannot be 8x5: the model says batchx4/),
  );
  assert.throws(() => shapesOf(bert, ['extra=8']), refused(/"extra" cannot be 8/));
  assert.throws(() => shapesOf(bert, ['batch=8,extra=9x4']), refused(/"batch" is given two sizes: 8 and 9/));
  assert.throws(() => shapesOf(bert, ['batch=8'], 9), refused(/"batch" is given two sizes: 8 and 9/));
  assert.throws(() => shapesOf(inputs({ x: null }), ['x=1x2', 'x=2x1']), refused(/two shapes/));
});

test('size zero is refused wherever it comes from', () => {
  assert.throws(() => shapesOf(bert, ['batch=0']), refused(/size 0 of "batch"/));
  assert.throws(() => shapesOf(bert, [], 0), refused(/size 0/));
  assert.throws(
    () => shapesOf(inputs({ empty: ['N', 0] }), []),
    refused(/"empty" has a dimension of size 0/),
  );
});

test('an unknown rank needs a shape', () => {
  assert.throws(() => shapesOf(inputs({ x: null }), []), refused(/"x" has no known rank/));
});

test('inputs that would not fit into a gigabyte are refused before anything is allocated', () => {
  assert.throws(() => shapesOf(bert, ['batch=100000,seq=100000']), refused(/more than 1 GiB.*100000x100000/));
  assert.throws(
    () => shapesOf(inputs({ x: null }), ['x=9999999999x9999999999x9999999999']),
    refused(/1 GiB/),
  );
});

test('misspelt shapes are refused', () => {
  for (const text of [
    'batch',
    'batch=',
    '=8',
    'batch=-1',
    'batch=8.5',
    'x=1x',
    'x=x1',
    'a=1,,b=2',
    'batch=8 seq=2',
  ]) {
    assert.throws(() => parseShapes([text]), refused(/is not a shape/), text);
  }
  assert.deepEqual(
    [...parseShapes(['input:0=1x2, N=3'])],
    [
      ['input:0', [1, 2]],
      ['N', [3]],
    ],
  );
});
