import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { before, test } from 'node:test';
import { testMeans, testShares, testValues } from '../../src/stats/difference.ts';
import { type SpecialFunctions, specialFunctions } from '../../src/stats/special.ts';

let functions: SpecialFunctions;
before(async () => void (functions = await specialFunctions()));

const expected = JSON.parse(
  readFileSync(new URL('../fixtures/monitor/differences.json', import.meta.url), 'utf8'),
) as {
  shares: { one: [number, number]; other: [number, number]; p: number }[];
  values: { one: [number, number]; other: [number, number]; p: number }[];
  means: { ones: number[]; others: number[]; p: number }[];
};

function near(p: number, wanted: number): void {
  assert.ok(Math.abs(p - wanted) <= 1e-9 * wanted, `${p} is not ${wanted}`);
}

test('two shares are compared as scipy does', () => {
  for (const { one, other, p } of expected.shares) {
    const [ours, theirs] = [one, other].map(([hits, rows]) => ({ hits, rows }));
    near(testShares(ours!, theirs!, functions), p);
    near(testShares(theirs!, ours!, functions), p);
  }
});

test('values with known errors are compared as scipy does', () => {
  for (const { one, other, p } of expected.values) {
    const [ours, theirs] = [one, other].map(([value, error]) => ({ value, error }));
    near(testValues(ours!, theirs!, functions), p);
  }
});

test('means are compared as scipy does, and weights count as so many values', () => {
  const even = (values: number[], weight: number) => values.map((value) => ({ value, weight }));
  for (const { ones, others, p } of expected.means) {
    near(testMeans(even(ones, 1), even(others, 1), functions), p);
    near(testMeans(even(ones, 500), even(others, 500), functions), p);
  }
  const heavy = [
    { value: 0.9, weight: 1000 },
    { value: 0.5, weight: 1 },
  ];
  const light = heavy.map(({ value }) => ({ value, weight: 500.5 }));
  const others = even([0.91, 0.92, 0.9], 1000);
  assert.ok(testMeans(heavy, others, functions) > testMeans(light, others, functions));
});

test('what says nothing has a p-value of 1', () => {
  assert.equal(testShares({ hits: 0, rows: 0 }, { hits: 5, rows: 10 }, functions), 1);
  assert.equal(testShares({ hits: 10, rows: 10 }, { hits: 500, rows: 500 }, functions), 1);
  assert.equal(testValues({ value: 1, error: 0 }, { value: 2, error: 0 }, functions), 1);
  assert.equal(testMeans([{ value: 1, weight: 1 }], [{ value: 2, weight: 1 }], functions), 1);
  assert.equal(testMeans([], [{ value: 2, weight: 1 }], functions), 1);
});
