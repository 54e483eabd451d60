import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nextDouble, seededRandom } from '../../src/core/seeded-random.ts';
import { permutationImportance, type FeatureColumn } from '../../src/evaluate/importance.ts';

const rows = 300;
const random = seededRandom(1);
/** Rows of three numbers, of which a model uses the first two, the first four times as much. */
const matrix = Float32Array.from({ length: rows * 3 }, () => nextDouble(random));
const sites = Array.from({ length: rows }, (_, row) => (row % 3 === 0 ? 'north' : 'south'));
const columns: FeatureColumn[] = [
  ...['first', 'second', 'third'].map((name, offset) => ({ name, values: matrix, offset, stride: 3 })),
  { name: 'site', values: sites, offset: 0, stride: 1 },
];
const predict = (): Float64Array =>
  Float64Array.from(
    { length: rows },
    (_, row) => 4 * (matrix[row * 3] ?? 0) + (matrix[row * 3 + 1] ?? 0) + (sites[row] === 'north' ? 2 : 0),
  );
const target = predict();
const meanError = async (): Promise<number> => {
  const predicted = predict();
  return target.reduce((sum, value, row) => sum + Math.abs(value - (predicted[row] ?? 0)), 0) / rows;
};

test('columns are ranked by how much worse the predictions get without them', async () => {
  const found = await permutationImportance(columns, rows, meanError, { direction: 'lower' });
  assert.deepEqual(
    found?.map(({ column }) => column),
    ['first', 'site', 'second', 'third'],
  );
  // A shuffled uniform value is 1/3 off on average; north and south are mixed up in 4 of 9 rows.
  for (const [at, expected] of [4 / 3, 8 / 9, 1 / 3, 0].entries()) {
    const { mean, low, high } = found?.[at] ?? { mean: Number.NaN, low: 0, high: 0 };
    assert.ok(Math.abs(mean - expected) < 0.1 * (1 + expected), `${mean}, not ${expected}`);
    assert.ok((low ?? 1) <= mean && mean <= (high ?? 0));
  }
  assert.deepEqual(found?.[3], { column: 'third', mean: 0, low: 0, high: 0 });
});

test('a metric that is better when higher is lost when it falls', async () => {
  const found = await permutationImportance(columns, rows, async () => 1 - (await meanError()), {
    direction: 'higher',
    repeats: 1,
  });
  assert.ok((found?.[0]?.mean ?? 0) > 1);
  assert.equal(found?.[0]?.low, null, 'one repeat has no interval');
});

test('the columns are as before, also if predicting fails', async () => {
  const [before, words] = [matrix.slice(), [...sites]];
  let calls = 0;
  const failing = async (): Promise<number> => {
    if (++calls === 12) throw new Error('out of memory');
    return 0;
  };
  await assert.rejects(
    permutationImportance(columns, rows, failing, { direction: 'lower' }),
    /out of memory/,
  );
  assert.deepEqual(matrix, before);
  assert.deepEqual(sites, words);
});

test('the same seed permutes a column in the same way, whatever the other columns', async () => {
  const options = { direction: 'lower', seed: 5 } as const;
  const all = await permutationImportance(columns, rows, meanError, options);
  const one = await permutationImportance(columns.slice(0, 1), rows, meanError, options);
  assert.deepEqual(one?.[0], all?.[0]);
  const other = await permutationImportance(columns, rows, meanError, { ...options, seed: 6 });
  assert.notDeepEqual(other, all);
});

test('every column is a permutation of itself, and progress counts the predictions', async () => {
  const seen: [number, number][] = [];
  const sorted = matrix.filter((_, cell) => cell % 3 === 1).sort();
  await permutationImportance(
    columns.slice(1, 2),
    rows,
    async () => {
      assert.deepEqual(matrix.filter((_, cell) => cell % 3 === 1).sort(), sorted);
      return 0;
    },
    { direction: 'lower', repeats: 2, onProgress: (done, count) => seen.push([done, count]) },
  );
  assert.deepEqual(seen, [
    [1, 3],
    [2, 3],
    [3, 3],
  ]);
});

test('a metric that is undefined has no importance', async () => {
  assert.equal(await permutationImportance(columns, rows, async () => null, { direction: 'lower' }), null);
});
