import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compareBenches } from '../../src/core/comparison/bench-comparison.ts';
import { benchFigures, type BenchFigures } from '../../src/core/comparison/bench-figures.ts';
import type { BenchRecord } from '../../src/core/measurements/bench.ts';
import { bench as sample, start } from '../support/metadata-samples.ts';

const figure = (value: number) => ({ value, low: value * 0.98, high: value * 1.02 });

function bench(id: string, p50: number, rest: Partial<BenchFigures> = {}): BenchFigures {
  return {
    id,
    at: 0,
    fingerprint: 'machine',
    shapes: { X: [1, 64] },
    source: 'synthetic',
    inputSha256: null,
    runs: 100,
    p50: figure(p50),
    p95: figure(p50 * 2),
    throughputPerSec: 1000 / p50,
    ...rest,
  };
}

const ids = ({ runs }: ReturnType<typeof compareBenches>): (string | undefined)[] =>
  runs.map((run) => run?.id);

test('latencies that were measured alike are compared', () => {
  const result = compareBenches([[bench('a', 10)], [bench('b', 5)], [bench('c', 20)]]);
  assert.equal(result.comparable, true);
  assert.equal(result.reason, null);
  assert.deepEqual(
    result.figures.map(({ name, changes }) => [name, changes.map(({ better }) => better)]),
    [
      ['p50Ms', [true, false]],
      ['p95Ms', [true, false]],
      ['throughputPerSec', [true, false]],
    ],
  );
  assert.equal(result.figures[0]?.changes[0]?.delta, -5);
});

test('of several benches, the latest that was measured like the others counts', () => {
  const other = { fingerprint: 'laptop' };
  const result = compareBenches([
    [bench('new laptop', 9, other), bench('new machine', 10), bench('old machine', 11)],
    [bench('batch', 50, { shapes: { X: [8, 64] } }), bench('machine', 5)],
  ]);
  assert.deepEqual([result.comparable, ids(result)], [true, ['new machine', 'machine']]);
});

test('other machines or other shapes stand side by side, unranked, with the reason', () => {
  const cases: [other: Partial<BenchFigures>, reason: RegExp][] = [
    [{ fingerprint: 'laptop' }, /machines/],
    [{ shapes: { X: [8, 64] } }, /shapes/],
    [{ source: 'golden', inputSha256: 'a1' }, /different inputs/],
  ];
  for (const [other, reason] of cases) {
    const result = compareBenches([[bench('a', 10)], [bench('b', 5, other)]]);
    assert.equal(result.comparable, false);
    assert.match(result.reason ?? '', reason);
    assert.deepEqual(ids(result), ['a', 'b']);
    assert.deepEqual(result.figures[0]?.values, [10, 5]);
    for (const { changes } of result.figures)
      assert.deepEqual(changes, [{ delta: null, relative: null, better: null }]);
  }
});

test('inputs that only one of them has do not keep models apart', () => {
  const result = compareBenches([[bench('a', 10)], [bench('b', 5, { shapes: { image: [1, 8, 8] } })]]);
  assert.equal(result.comparable, true);
});

test('recorded inputs are compared where they are the same, wherever they came from; seeds of made-up ones do not matter', () => {
  const fed = (source: string, inputSha256: string) => bench(inputSha256, 10, { source, inputSha256 });
  const comparable = (one: BenchFigures, other: BenchFigures): boolean =>
    compareBenches([[one], [other]]).comparable;
  assert.equal(comparable(fed('golden', 'a1'), fed('file', 'a1')), true);
  assert.equal(comparable(fed('golden', 'a1'), fed('golden', 'b2')), false);
  assert.equal(comparable(fed('synthetic', 'a1'), fed('synthetic', 'b2')), true);
});

test('intervals that overlap, or are not known, rank nothing', () => {
  const near = compareBenches([[bench('a', 10)], [bench('b', 10.1)]]);
  assert.deepEqual(
    near.figures.map(({ changes }) => changes[0]?.better),
    [null, null, null],
  );
  assert.ok((near.figures[0]?.changes[0]?.delta ?? 0) > 0, 'the difference is told');
  const unknown = { p95: { value: 40, low: null, high: null } };
  const open = compareBenches([[bench('a', 10)], [bench('b', 20, unknown)]]);
  assert.deepEqual(
    open.figures.map(({ changes }) => changes[0]?.better),
    [false, null, false],
  );
});

test('versions without a bench have none, and one alone is compared with nothing', () => {
  const three = compareBenches([[], [bench('a', 10)], [bench('b', 5)]]);
  assert.deepEqual([three.comparable, ids(three)], [true, [undefined, 'a', 'b']]);
  assert.equal(three.figures[0]?.changes[1]?.better, null, 'the first has nothing to compare with');
  assert.match(compareBenches([[], [bench('a', 10)]]).reason ?? '', /only one/);
  assert.match(compareBenches([[], []]).reason ?? '', /no version/);
});

const stored = (id: string, rest: Partial<BenchRecord>): BenchRecord => ({
  ...sample(id),
  at: start,
  ...rest,
});

test('a stored bench gives its figures, and one that failed none', () => {
  const result = {
    latencyMs: { n: 100, p50: { ...figure(1), method: 'order-statistics' }, p95: null },
    throughputPerSec: 900,
    input: { shapes: { X: [1, 2] } },
  };
  assert.deepEqual(benchFigures(stored('b1', { result })), {
    id: 'b1',
    at: start,
    fingerprint: 'cpu',
    shapes: { X: [1, 2] },
    source: 'synthetic',
    inputSha256: null,
    runs: 100,
    p50: { ...figure(1), method: 'order-statistics' },
    p95: null,
    throughputPerSec: 900,
  });
  assert.equal(benchFigures(stored('b1', { result, status: 'crash' })), null);
  assert.equal(benchFigures(stored('b1', { result: { latencyMs: null } })), null);
  assert.equal(benchFigures(stored('b1', { result: {} })), null);
});
