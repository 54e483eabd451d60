import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bootstrapQuantiles } from '../../src/stats/bootstrap.ts';
import { summarizeLatency } from '../../src/bench/stats/latency-summary.ts';
import { quantileRanks } from '../../src/stats/quantiles.ts';
import { nextBelow, nextDouble, seededRandom } from '../../src/core/seeded-random.ts';

/** First-order autoregression with normal-ish noise, around 10 ms. */
function wave(n: number, phi: number, seed: number): Float64Array {
  const random = seededRandom(seed);
  let level = 0;
  return Float64Array.from({ length: n }, () => {
    const noise = nextDouble(random) + nextDouble(random) + nextDouble(random) - 1.5;
    level = phi * level + noise;
    return 10 + level;
  });
}

test('it gives what resampling the blocks one by one gives', () => {
  const series = [wave(40, 0.5, 1), wave(31, 0.5, 2)];
  // ∛71 → blocks of 5: 8 of 5 samples, and 6 of 5 with one of 1.
  const blocks = series.map((samples) =>
    Array.from({ length: Math.ceil(samples.length / 5) }, (_, at) => [
      ...samples.subarray(5 * at, 5 * at + 5),
    ]),
  );
  const random = seededRandom(3, 'block bootstrap');
  const drawn = Array.from({ length: 200 }, () => {
    const resample = blocks.flatMap((launch) =>
      launch.flatMap(() => launch[nextBelow(random, launch.length)] ?? []),
    );
    resample.sort((a, b) => a - b);
    return [0.5, 0.9].map(
      (p) => resample[Math.ceil(Number((p * resample.length).toPrecision(15))) - 1] ?? Number.NaN,
    );
  });
  const expected = [0, 1].map((which) => {
    const values = drawn.map((pair) => pair[which] ?? Number.NaN).sort((a, b) => a - b);
    return [values[4], values[194]];
  });
  const actual = bootstrapQuantiles(series, [0.5, 0.9], { alpha: 0.05, seed: 3, resamples: 200 });
  actual.forEach(({ low, high }, which) => {
    assert.ok(Math.abs(low - (expected[which]?.[0] ?? 0)) < 1e-6);
    assert.ok(Math.abs(high - (expected[which]?.[1] ?? 0)) < 1e-6);
  });
});

test('for dependent samples the interval is wider than independent ones would have, and holds the truth more often', () => {
  let naive = 0;
  let blocks = 0;
  const trials = 100;
  for (let trial = 0; trial < trials; trial++) {
    const samples = wave(1000, 0.8, 100 + trial);
    const [interval] = bootstrapQuantiles([samples], [0.5], { alpha: 0.05, seed: 1, resamples: 300 });
    const ranks = quantileRanks(1000, 0.5, 0.05);
    const sorted = samples.toSorted();
    if ((sorted[(ranks.low ?? 1) - 1] ?? 0) <= 10 && 10 <= (sorted[(ranks.high ?? 1) - 1] ?? 0)) naive++;
    if (interval && interval.low <= 10 && 10 <= interval.high) blocks++;
  }
  assert.ok(naive < 75, `independent: ${naive} of ${trials}`);
  assert.ok(blocks > 80, `blocks: ${blocks} of ${trials}`);
});

test('the same seed gives the same interval', () => {
  const make = (seed: number) =>
    bootstrapQuantiles([wave(500, 0.5, 1)], [0.5], { alpha: 0.05, seed, resamples: 40 });
  assert.deepEqual(make(1), make(1));
  assert.notDeepEqual(make(1), make(2));
});

test('a summary uses it for dependent samples only, and says so', () => {
  const choices = { alpha: 0.05, seed: 1, harnessFloorUs: 1 };
  const dependent = summarizeLatency([wave(400, 0.6, 1)], choices);
  assert.equal(dependent.latency.p95?.method, 'block-bootstrap');
  assert.ok(dependent.notes.some((note) => note.includes('block bootstrap')));
  const independent = summarizeLatency([wave(400, 0, 1)], choices);
  assert.equal(independent.latency.p95?.method, 'order-statistics');
});

test('a bound that ranks cannot give, blocks do not give either', () => {
  const { latency, notes } = summarizeLatency([wave(65, 0.6, 1)], {
    alpha: 0.05,
    seed: 1,
    harnessFloorUs: 1,
  });
  assert.equal(latency.p95?.method, 'block-bootstrap');
  assert.equal(latency.p95?.high, null);
  assert.notEqual(latency.p95?.low, null);
  assert.equal(latency.p99, null);
  assert.ok(notes.some((note) => note.includes('p99 needs 299 runs, p99.9 needs 2,995 runs')));
  assert.ok(notes.some((note) => note.includes('95% interval of p95')));
});

test('a single run is summarised without any percentile', () => {
  const { latency } = summarizeLatency([Float64Array.of(2)], { alpha: 0.05, seed: 1, harnessFloorUs: 1 });
  assert.deepEqual(
    [latency.n, latency.mean, latency.min, latency.max, latency.p50, latency.lag1],
    [1, 2, 2, 2, null, null],
  );
});
