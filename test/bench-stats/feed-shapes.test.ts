import assert from 'node:assert/strict';
import { test } from 'node:test';
import { itemsPerRun, summarizeShapes } from '../../src/bench/plan/choose-model.ts';
import type { Signature, ValueInfo } from '../../src/core/versions/signature.ts';

const input = (name: string, shape: ValueInfo['shape']): ValueInfo => ({
  name,
  dtype: 'float32',
  type: 'tensor(float32)',
  shape,
});
const signature = (...inputs: ValueInfo[]): Signature => ({ inputs, outputs: [] });

test('an input has one shape, or a smallest and a largest one', () => {
  const cases = [
    { ids: [1, 128], mask: [1, 128], k: [] },
    { ids: [1, 7], mask: [8, 16], k: [] },
    { ids: [2, 300], mask: [1, 128], k: [] },
  ];
  assert.deepEqual(summarizeShapes(cases), {
    shapes: { k: [] },
    varying: {
      ids: { smallest: [1, 7], largest: [2, 300] },
      mask: { smallest: [1, 128], largest: [8, 16] },
    },
  });
  assert.deepEqual(summarizeShapes([{}]), { shapes: {}, varying: {} });
  // A name is never more than a name.
  const hostile = Object.fromEntries([['__proto__', [1]]]);
  assert.deepEqual(Object.keys(summarizeShapes([hostile]).shapes), ['__proto__']);
});

test('the batch is a mean over the cases, where each has one and the model leaves it open', () => {
  const open = signature(input('X', ['batch', 4]), input('k', []));
  assert.equal(
    itemsPerRun(open, [
      { X: [1, 4], k: [] },
      { X: [5, 4], k: [] },
    ]),
    3,
  );
  assert.equal(itemsPerRun(signature(input('X', [8, 4])), [{ X: [8, 4] }]), null);
  const two = signature(input('X', ['n', 4]), input('Y', ['m']));
  assert.equal(
    itemsPerRun(two, [
      { X: [2, 4], Y: [2] },
      { X: [2, 4], Y: [3] },
    ]),
    null,
  );
  assert.equal(itemsPerRun(open, []), null);
});
