import assert from 'node:assert/strict';
import { test } from 'node:test';
import { histogram } from '../../src/bench/stats/histogram.ts';

const sum = (counts: number[]): number => counts.reduce((total, count) => total + count, 0);

test('every sample is in the bucket between its edges', () => {
  const { scale, edges, counts } = histogram(Float64Array.of(1, 1.5, 2, 2.5, 3, 5), 4);
  assert.equal(scale, 'linear');
  assert.deepEqual(edges, [1, 2, 3, 4, 5]);
  assert.deepEqual(counts, [2, 2, 1, 1]);
});

test('a wide range has buckets of equal ratio', () => {
  const { scale, edges, counts } = histogram(Float64Array.of(1, 3, 30, 300, 1000), 3);
  assert.equal(scale, 'log');
  assert.deepEqual(
    edges.map((edge) => Math.round(edge)),
    [1, 10, 100, 1000],
  );
  assert.deepEqual(counts, [2, 1, 2]);
});

test('no sample is lost, whatever rounding does to edges', () => {
  for (let top = 2; top < 400; top++) {
    const samples = Float64Array.from({ length: 97 }, (_, at) => 0.1 + (at * top) / 96);
    const { edges, counts } = histogram(samples, 13);
    assert.equal(sum(counts), 97);
    counts.forEach((count, bucket) => {
      const [from = 0, to = 0] = edges.slice(bucket);
      const inside = samples.filter(
        (sample) => sample >= from && (sample < to || (bucket === 12 && sample <= to)),
      );
      assert.equal(count, inside.length);
    });
  }
});

test('none, one value and zero', () => {
  assert.deepEqual(histogram(new Float64Array()), { scale: 'linear', edges: [], counts: [] });
  assert.deepEqual(histogram(Float64Array.of(2, 2)), { scale: 'linear', edges: [2, 2], counts: [2] });
  assert.equal(histogram(Float64Array.of(0, 1, 100)).scale, 'linear');
});
