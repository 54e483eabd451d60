import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compareNumbers, numberChange } from '../../src/core/metadata/metric-change.ts';

test('better follows the direction, and is null where there is none, or no difference', () => {
  const better = (name: string, before: number, after: number): boolean | null | undefined =>
    compareNumbers(name, [before, after]).changes[0]?.better;
  assert.equal(better('accuracy', 0.9, 0.91), true);
  assert.equal(better('accuracy', 0.91, 0.9), false);
  assert.equal(better('val_loss', 0.5, 0.4), true);
  assert.equal(better('val_loss', -0.5, -0.4), false);
  assert.equal(better('accuracy', 0.9, 0.9), null);
  assert.equal(better('epochs', 3, 4), null);
});

test('a difference is absolute and a share of what was; a share of 0 is none', () => {
  assert.deepEqual(numberChange(4, 5, 'lower'), { delta: 1, relative: 0.25, better: false });
  assert.deepEqual(numberChange(-4, -5, 'higher'), { delta: -1, relative: -0.25, better: false });
  assert.deepEqual(numberChange(0, 5, 'higher'), { delta: 5, relative: null, better: true });
  assert.deepEqual(numberChange(0, 0, 'higher'), { delta: 0, relative: null, better: null });
  assert.deepEqual(numberChange(1.7e308, -1.7e308, 'higher'), { delta: null, relative: null, better: false });
});

test('what is missing is compared with nothing', () => {
  const nothing = { delta: null, relative: null, better: null };
  assert.deepEqual(compareNumbers('accuracy', [undefined, 0.9, 0.8]).changes, [nothing, nothing]);
  assert.deepEqual(compareNumbers('accuracy', [0.9, undefined]).changes, [nothing]);
  assert.equal(compareNumbers('accuracy', [0.9]).changes.length, 0);
});

test('every value is compared with the first', () => {
  const { changes } = compareNumbers('rmse', [2, 1, 4]);
  assert.deepEqual(
    changes.map(({ relative, better }) => [relative, better]),
    [
      [-0.5, true],
      [1, false],
    ],
  );
});
