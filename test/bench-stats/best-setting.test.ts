import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chooseBest, runRate, type Candidate } from '../../src/bench/stats/best-setting.ts';
import { bestOf } from '../../src/bench/run/run-matrix.ts';
import type { MatrixCell } from '../../src/bench/report/matrix-result.ts';
import { nextDouble, seededRandom } from '../../src/core/seeded-random.ts';

const rated = (...rates: [value: number, low: number | null, high: number | null][]): Candidate[] =>
  rates.map(([value, low, high], cell) => ({ cell, rate: { value, low, high } }));

test('the best is the highest rate, and clear only where no other may be as good', () => {
  const cases: [title: string, candidates: Candidate[], best: [cell: number, rivals: number[]] | null][] = [
    ['none', [], null],
    ['one alone', rated([5, null, null]), [0, []]],
    ['far apart', rated([100, 98, 102], [200, 196, 204]), [1, []]],
    ['apart by their intervals, but by less than 10%', rated([100, 99, 101], [109, 108, 110]), [1, [0]]],
    ['apart by more than 10%', rated([100, 99, 101], [111, 110, 112]), [1, []]],
    ['by more than 10%, but their intervals overlap', rated([100, 80, 125], [150, 120, 180]), [1, [0]]],
    ['intervals that touch', rated([100, 90, 120], [150, 120, 180]), [1, [0]]],
    ['a rival without an interval', rated([100, null, null], [200, 190, 210]), [1, [0]]],
    ['a best without an interval', rated([100, 99, 101], [200, null, null]), [1, [0]]],
    ['equals: the one that stands first', rated([7, 6, 8], [7, 6, 8], [3, 2, 4]), [0, [1]]],
    [
      'several rivals, best first',
      rated([95, 90, 99], [99, 90, 110], [100, 95, 105], [10, 9, 11]),
      [2, [1, 0]],
    ],
  ];
  for (const [title, candidates, expected] of cases) {
    const best = chooseBest(candidates);
    assert.deepEqual(best && [best.cell, best.rivals], expected, title);
    assert.equal(best?.clear ?? true, (expected?.[1] ?? []).length === 0, title);
  }
});

test('a rate has an interval as wide as the runs vary, and none of a few runs', () => {
  const random = seededRandom(3);
  const steady = Float64Array.from({ length: 400 }, () => 1 + 0.01 * nextDouble(random));
  const wild = Float64Array.from({ length: 400 }, () => 0.1 + 10 * nextDouble(random));
  const width = (samples: Float64Array): number => {
    const { low, high } = runRate([samples.subarray(0, 150), samples.subarray(150)], 1000);
    assert.ok(low !== null && high !== null && low < 1000 && high > 1000);
    return high - low;
  };
  assert.ok(width(wild) > 20 * width(steady));
  assert.deepEqual(runRate([steady.subarray(0, 39)], 1000), { value: 1000, low: null, high: null });
  assert.deepEqual(runRate([], 1000), { value: 1000, low: null, high: null });
});

test('runs that come in bursts widen the interval of their rate', () => {
  // The same values, once shuffled and once in two blocks.
  const apart = Float64Array.from({ length: 400 }, (_, at) => (at % 2 === 0 ? 1 : 3));
  const bursts = apart.toSorted();
  const reach = (samples: Float64Array): number => 1 - (runRate([samples], 1).low ?? 0);
  assert.ok(reach(bursts) > 0.15 && reach(apart) < 0.01);
});

function cell(
  setting: MatrixCell['setting'],
  items: number | null,
  runs: number | null,
  rest = {},
): MatrixCell {
  const rate = (value: number | null) =>
    value === null ? null : { value, low: 0.99 * value, high: 1.01 * value };
  return {
    id: null,
    setting,
    order: 1,
    threads: 1,
    batch: null,
    status: runs === null ? 'timeout' : 'ok',
    message: null,
    p50: null,
    p95: null,
    p99: null,
    runs: null,
    throughput: rate(runs),
    items: rate(items),
    peakRssMb: null,
    verdict: null,
    gates: [],
    ...rest,
  };
}

test('only settings that were measured and keep to the limits can be the best', () => {
  const batches = (...cells: [items: number | null, verdict: string][]): MatrixCell[] =>
    cells.map(([items, verdict], at) => cell([['batch', at + 1]], items, items, { verdict }));
  const best = bestOf(
    batches([10, 'pass'], [20, 'pass'], [30, 'inconclusive'], [40, 'fail'], [null, 'inconclusive']),
  );
  assert.deepEqual(
    best.map(({ cell: at, by, value }) => [at, by, value]),
    [[1, 'itemsPerSec', 20]],
  );
  assert.deepEqual(bestOf(batches([10, 'fail'], [null, 'inconclusive'])), []);
});

test('where there are no items, runs are compared; sizes that the caller cannot choose have a best each', () => {
  const threads = [cell([['threads', 1]], null, 10), cell([['threads', 2]], 99, 9)];
  assert.deepEqual(
    bestOf(threads).map(({ cell: at, by }) => [at, by]),
    [[0, 'throughputPerSec']],
  );
  const at = (threadCount: number, seq: number): MatrixCell['setting'] => [
    ['threads', threadCount],
    ['seq', seq],
  ];
  const grid = [
    cell(at(1, 64), 10, 10),
    cell(at(1, 128), 6, 6),
    cell(at(2, 64), 15, 15),
    cell(at(2, 128), 5, 5),
  ];
  assert.deepEqual(
    bestOf(grid).map(({ cell: position, dimensions, clear }) => [position, dimensions, clear]),
    [
      [2, [['seq', 64]], true],
      [1, [['seq', 128]], true],
    ],
  );
});
