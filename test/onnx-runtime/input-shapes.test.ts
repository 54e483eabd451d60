import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Dimension, Signature } from '../../src/core/versions/signature.ts';
import { parseShapes } from '../../src/onnx/feeds/given-sizes.ts';
import { planInputs } from '../../src/onnx/feeds/synthesize.ts';

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
    refused(/"extra" cannot be 8x5: the model declares batchx4/),
  );
  assert.throws(() => shapesOf(bert, ['extra=8']), refused(/"extra" cannot be 8/));
  assert.throws(
    () => shapesOf(bert, ['batch=8'], 9),
    refused(/conflicting sizes for dimension "batch": 8 and 9/),
  );
  assert.throws(() => shapesOf(inputs({ x: null }), ['x=1x2', 'x=2x1']), refused(/two shapes/));
});

test('size zero is fed where it is asked for', () => {
  const decoder = inputs({ ids: ['batch', 'seq'], past: ['batch', 2, 'past_seq', 8] });
  const plan = (signature: Signature, ...texts: string[]) =>
    planInputs(signature, { seed: 1, shapes: parseShapes(texts) });
  const prefill = plan(decoder, 'past_seq=0,seq=3,batch=1');
  assert.deepEqual(prefill.shapes, { ids: [1, 3], past: [1, 2, 0, 8] });
  assert.deepEqual([prefill.warnings, prefill.bytes], [[], 12]);
  assert.deepEqual(plan(decoder, 'past=1x2x0x8,seq=3').shapes, { ids: [1, 3], past: [1, 2, 0, 8] });
  assert.deepEqual(plan(inputs({ empty: ['N', 0] }), 'empty=2x0').shapes, { empty: [2, 0] });
  assert.match(plan(bert, 'batch=0,seq=4').warnings.join(), /all inputs are empty/);
});

test('size zero is refused where nobody asked for it', () => {
  assert.throws(() => shapesOf(bert, [], 0), refused(/invalid batch size 0: not a positive integer/));
  assert.throws(() => shapesOf(inputs({ empty: ['N', 0] }), []), {
    message: /"empty" has a dimension of size 0/,
    hint: /--shape empty=1x0/,
  });
  assert.throws(
    () => shapesOf(inputs({ a: [0], b: [2, 0] }), []),
    refused(/all inputs have a dimension of size 0: nothing to run/),
  );
  // What the model itself wants empty, beside something that is not.
  assert.deepEqual(shapesOf(inputs({ x: ['N'], like: [0] }), []), { x: [1], like: [0] });
});

const decoder = inputs({
  ids: ['b', 'seq'],
  mask: ['b', 'past + seq'],
  past: ['b', 2, 'past', 8],
});

test('a dimension that is a sum of others has their sum', () => {
  assert.deepEqual(shapesOf(decoder, []), { ids: [1, 1], mask: [1, 2], past: [1, 2, 1, 8] });
  assert.deepEqual(shapesOf(decoder, ['past=0,seq=5,b=2']), {
    ids: [2, 5],
    mask: [2, 5],
    past: [2, 2, 0, 8],
  });
  assert.deepEqual(shapesOf(decoder, ['past=1x2x7x8,seq=3'])['mask'], [1, 10]);
  const { warnings } = planInputs(decoder, { seed: 1, shapes: new Map() });
  assert.match(warnings.join(), /using 1 for dynamic dimensions: "b", "seq", "past" \(/);
});

test('a size that is given for the sum itself wins', () => {
  assert.deepEqual(shapesOf(decoder, ['past=4', 'past + seq=9'])['mask'], [1, 9]);
  assert.deepEqual(shapesOf(decoder, ['mask=1x6', 'past=4'])['mask'], [1, 6]);
});

test('a name that occurs only in sums can be given', () => {
  const signature = inputs({ ids: ['b', 'seq'], mask: ['b', 'past + seq'] });
  assert.deepEqual(shapesOf(signature, ['past=4,seq=2']), { ids: [1, 2], mask: [1, 6] });
  // Of what is not known, nothing is made up: the sum is a symbol as any other.
  assert.deepEqual(shapesOf(signature, ['seq=2']), { ids: [1, 2], mask: [1, 1] });
});

test('the batch goes into sums and products, and is not put in their place', () => {
  const beams = inputs({ ids: ['batch', 'seq'], scores: ['batch * beams', 'beams'] });
  assert.deepEqual(shapesOf(beams, ['beams=4'], 2), { ids: [2, 1], scores: [8, 4] });
  assert.deepEqual(shapesOf(inputs({ a: ['2*N', 'N'] }), [], 6), { a: [6, 1] });
});

test('a difference that leaves less than nothing is refused', () => {
  const cropped = inputs({ a: ['N'], b: ['N - 4'] });
  assert.deepEqual(shapesOf(cropped, ['N=4']), { a: [4], b: [0] });
  assert.throws(() => shapesOf(cropped, ['N=3']), refused(/dimension "N - 4" would be -1/));
});

test('a whole shape wins over symbols, its own and those of others', () => {
  assert.deepEqual(shapesOf(bert, ['batch=8,extra=9x4']), { ids: [8, 1], types: [8, 1], extra: [9, 4] });
  assert.deepEqual(shapesOf(bert, ['ids=2x3,types=4x5']), { ids: [2, 3], types: [4, 5], extra: [1, 4] });
  assert.deepEqual(shapesOf(bert, ['ids=2x3'], 8), { ids: [2, 3], types: [8, 3], extra: [8, 4] });
  assert.deepEqual(shapesOf(inputs({ a: ['N', 'N'] }), ['a=2x3']), { a: [2, 3] });
});

test('"?" and the like are no names: two of them need not be the same size', () => {
  for (const unknown of ['?', '-1', 'None', 'unk', '']) {
    const signature = inputs({ a: [unknown, 3], b: [unknown, unknown] });
    assert.deepEqual(shapesOf(signature, ['a=5x3']), { a: [5, 3], b: [1, 1] }, unknown);
    assert.deepEqual(shapesOf(signature, [], 4), { a: [4, 3], b: [4, 1] }, unknown);
    assert.deepEqual(shapesOf(signature, ['a=5x3,b=6x7']), { a: [5, 3], b: [6, 7] }, unknown);
  }
  assert.deepEqual(shapesOf(inputs({ a: ['?', 3], b: ['?'] }), ['?=4']), { a: [4, 3], b: [4] });
});

test('an input that is declared as a scalar may be given any shape', () => {
  assert.deepEqual(shapesOf(inputs({ x: [] }), []), { x: [] });
  assert.deepEqual(shapesOf(inputs({ x: [] }), ['x=4x3']), { x: [4, 3] });
});

test('an unknown rank needs a shape', () => {
  assert.throws(() => shapesOf(inputs({ x: null }), []), refused(/the rank of input "x" is unknown/));
});

test('inputs that would not fit into a gigabyte are refused before anything is allocated', () => {
  assert.throws(
    () => shapesOf(bert, ['batch=100000,seq=100000']),
    refused(/limited to 1 GiB.*100000x100000/),
  );
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
    assert.throws(() => parseShapes([text]), refused(/invalid shape/), text);
  }
  assert.deepEqual(
    [...parseShapes(['input:0=1x2, N=3'])],
    [
      ['input:0', [1, 2]],
      ['N', [3]],
    ],
  );
});
