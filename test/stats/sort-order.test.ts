import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nextDouble, seededRandom } from '../../src/core/seeded-random.ts';
import { sortOrder } from '../../src/stats/sort-order.ts';
import { sumOf } from '../../src/stats/sum.ts';

for (const rows of [0, 1, 100, 10_000])
  test(`${rows} values are in ascending order, and equal ones in theirs`, () => {
    const random = seededRandom(2);
    const special = [Infinity, -Infinity, 5e-324, -5e-324, 1e308, 0];
    const values = Float64Array.from({ length: rows }, () => {
      const kind = random() % 4;
      if (kind === 0) return special[random() % special.length] ?? 0;
      if (kind === 1) return Math.fround(nextDouble(random));
      return kind === 2 ? (random() % 7) - 3 : (nextDouble(random) - 0.5) * 1e9;
    });
    const expected = Array.from(values.keys()).toSorted(
      (a, b) =>
        Number((values[a] ?? 0) > (values[b] ?? 0)) - Number((values[a] ?? 0) < (values[b] ?? 0)) || a - b,
    );
    assert.deepEqual([...sortOrder(values)], expected);
  });

test('a sum loses nothing to its order', () => {
  assert.equal(sumOf(Float64Array.of(1e16, 1, -1e16, 1)), 2);
  assert.equal(sumOf(new Float64Array(1e6).fill(0.1)), 100_000);
  assert.equal(sumOf(new Float64Array()), 0);
});
