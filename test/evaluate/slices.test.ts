import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isMlregError } from '../../src/core/errors.ts';
import { sliceClassification, sliceRegression } from '../../src/evaluate/slices.ts';
import { wilsonInterval } from '../../src/stats/interval.ts';
import { generatedRows } from '../support/evaluated-cases.ts';

const rows = generatedRows(['a', 'b'], 500, 41);
const accuracy = { metric: 'accuracy', direction: 'higher' } as const;

/** Row by row: mostly x and y, a few z, one w. */
const column = {
  name: 'site',
  codes: Int32Array.from({ length: 500 }, (_, row) => (row === 7 ? 3 : row % 50 === 0 ? 2 : row % 2)),
  values: ['x', 'y', 'z', 'w', 'unused'],
};

test('slices have the metric of their rows with its interval, the worst first, small ones flagged', () => {
  rows.predicted.set(rows.target);
  for (let row = 0; row < 200; row += 4) rows.predicted[row] = 1 - (rows.target[row] ?? 0);
  const found = sliceClassification(rows, column, accuracy);
  assert.deepEqual(
    found.map(({ value, rows: count, metric, small }) => [value, count, metric, small]),
    [
      ['x', 240, 192 / 240, false],
      ['y', 249, 1, false],
      ['z', 10, 0.8, true],
      ['w', 1, 1, true],
    ],
  );
  assert.deepEqual(found[0]?.interval, wilsonInterval(192, 240));
});

test('the worst of a loss is the largest; a metric that is undefined in a slice says why', () => {
  const found = sliceClassification(rows, column, { metric: 'log_loss', direction: 'lower' });
  const [first, second] = found.map(({ metric }) => metric ?? Number.NaN);
  assert.ok((first ?? 0) > (second ?? 1));
  assert.equal(found[0]?.interval?.method, 'bootstrap');
  const areas = sliceClassification(rows, column, { metric: 'roc_auc', direction: 'higher' });
  assert.equal(areas.at(-1)?.value, 'w');
  assert.equal(areas.at(-1)?.metric, null);
  assert.match(areas.at(-1)?.reason ?? '', /^all rows are of class/);
});

test('slices of numbers', () => {
  const target = Float64Array.from({ length: 100 }, (_, row) => row);
  const found = sliceRegression(
    { target, predicted: target.map((value) => (value < 50 ? value + 2 : value - 1)) },
    {
      name: 'half',
      codes: Int32Array.from(target, (value) => (value < 50 ? 0 : 1)),
      values: ['low', 'high'],
    },
    { metric: 'mae', direction: 'lower' },
  );
  assert.deepEqual(
    found.map(({ value, metric }) => [value, metric]),
    [
      ['low', 2],
      ['high', 1],
    ],
  );
});

test('a column of keys is refused', () => {
  const codes = Int32Array.from({ length: 500 }, (_, row) => row);
  const keys = { name: 'id', codes: Int32Array.from([...codes, ...codes, ...codes]), values: [] as string[] };
  const many = generatedRows(['a', 'b'], 1500, 42);
  const distinct = {
    ...keys,
    codes: Int32Array.from(many.target.keys()),
    values: Array.from(many.target, String),
  };
  assert.throws(
    () => sliceClassification(many, distinct, accuracy),
    (error) =>
      isMlregError(error, 'INVALID_INPUT') &&
      error.message === 'column "id" has 1500 different values: too many to be slices',
  );
});
