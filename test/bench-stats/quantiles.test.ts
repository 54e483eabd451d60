import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  countOutliers,
  lag1,
  minimumSamples,
  nearestRank,
  percentile,
  percentiles,
  quantileRanks,
  signLag1,
} from '../../src/stats/quantiles.ts';
import { seededRandom, nextDouble } from '../../src/core/seeded-random.ts';

const oneTo = (n: number): Float64Array => Float64Array.from({ length: n }, (_, at) => at + 1);

test('the nearest rank is ⌈p·n⌉, whatever binary fractions make of it', () => {
  assert.equal(percentile(oneTo(100), 0.95), 95);
  assert.equal(percentile(oneTo(100), 0.5), 50);
  assert.equal(percentile(oneTo(101), 0.5), 51);
  assert.equal(percentile(oneTo(20), 0.95), 19);
  assert.equal(percentile(oneTo(1000), 0.999), 999);
  assert.equal(percentile(oneTo(3), 0.99), 3);
  // 0.07 × 100 is 7.000000000000001 in binary.
  assert.equal(nearestRank(0.07, 100), 7);
  assert.equal(nearestRank(0.5, 1), 1);
});

test('a percentile is reported from the n at which p^n falls to 5%', () => {
  for (const name of ['p90', 'p95', 'p99', 'p999', 'p50'] as const) {
    const n = minimumSamples[name];
    assert.ok(percentiles[name] ** n <= 0.05 && percentiles[name] ** (n - 1) > 0.05, name);
  }
});

test('interval ranks of the median are those of the tables', () => {
  // The sign test's intervals of the median, as in any text on nonparametric statistics; five
  // samples are too few.
  assert.deepEqual(quantileRanks(5, 0.5, 0.05), { low: null, high: null });
  assert.deepEqual(quantileRanks(6, 0.5, 0.05), { low: 1, high: 6 });
  assert.deepEqual(quantileRanks(10, 0.5, 0.05), { low: 2, high: 9 });
  assert.deepEqual(quantileRanks(20, 0.5, 0.05), { low: 6, high: 15 });
  assert.deepEqual(quantileRanks(100, 0.5, 0.05), { low: 40, high: 61 });
});

test('p95 has no upper bound below 72 samples, where 0.95^n is above 2.5%', () => {
  assert.equal(quantileRanks(71, 0.95, 0.05).high, null);
  assert.equal(quantileRanks(72, 0.95, 0.05).high, 72);
  assert.equal(quantileRanks(368, 0.99, 0.05).high, 368);
  assert.equal(quantileRanks(367, 0.99, 0.05).high, null);
});

test('interval ranks equal those of exact rational sums', () => {
  for (const [a, b] of [
    [1n, 2n],
    [9n, 10n],
    [19n, 20n],
    [99n, 100n],
  ] as const) {
    for (const n of [59, 72, 100, 333, 700]) {
      let choose = 1n;
      let sum = 0n;
      let low: number | null = null;
      let high: number | null = null;
      // `sum` is P(Bin ≤ k − 1) × b^n at each rank k.
      for (let rank = 1; rank <= n; rank++) {
        const k = rank - 1;
        if (k > 0) choose = (choose * BigInt(n - k + 1)) / BigInt(k);
        sum += choose * a ** BigInt(k) * (b - a) ** BigInt(n - k);
        if (40n * sum <= b ** BigInt(n)) low = rank;
        if (high === null && 40n * (b ** BigInt(n) - sum) <= b ** BigInt(n)) high = rank;
      }
      assert.deepEqual(quantileRanks(n, Number(a) / Number(b), 0.05), { low, high }, `${a}/${b} of ${n}`);
    }
  }
});

test('the intervals hold the true quantile in 95% of trials', () => {
  const random = seededRandom(5);
  let held = 0;
  const trials = 2000;
  for (let trial = 0; trial < trials; trial++) {
    const sorted = Float64Array.from({ length: 200 }, () => nextDouble(random)).sort();
    const { low, high } = quantileRanks(200, 0.9, 0.05);
    if ((sorted[(low ?? 0) - 1] ?? 0) <= 0.9 && 0.9 <= (sorted[(high ?? 0) - 1] ?? 1)) held++;
  }
  assert.ok(held / trials > 0.94 && held / trials < 0.985, `${held / trials}`);
});

test('ranks for ten million samples are found', () => {
  const { low, high } = quantileRanks(1e7, 0.95, 0.05);
  assert.ok(low !== null && high !== null && high - low > 2600 && high - low < 2800, `${low} … ${high}`);
});

test('autocorrelation is 0 for noise, near 1 for a slow wave, and never spans launches', () => {
  const random = seededRandom(9);
  const noise = Float64Array.from({ length: 5000 }, () => nextDouble(random));
  assert.ok(Math.abs(lag1([noise]) ?? 1) < 0.05);
  assert.ok((lag1([oneTo(1000)]) ?? 0) > 0.99);
  // By hand: deviations −1.5, −0.5, 0.5, 1.5: (0.75 − 0.25 + 0.75) / 5.
  assert.equal(lag1([oneTo(4)]), 0.25);
  assert.equal(lag1([oneTo(4), oneTo(4)]), 0.25);
  assert.equal(lag1([Float64Array.of(3, 3, 3, 3)]), null);
  assert.equal(lag1([Float64Array.of(1, 2)]), null);
});

test('likeness by sign is that of the values for Gaussian noise, and survives a few extremes', () => {
  const random = seededRandom(4);
  const normal = (): number =>
    Array.from({ length: 12 }, () => nextDouble(random)).reduce((sum, value) => sum + value) - 6;
  let level = 0;
  const samples = Float64Array.from({ length: 20_000 }, () => (level = 0.5 * level + normal()));
  assert.ok(Math.abs((signLag1([samples], 0) ?? 0) - 0.5) < 0.04);
  for (let at = 0; at < samples.length; at += 400) samples[at] = 200;
  assert.ok((lag1([samples]) ?? 1) < 0.1);
  assert.ok(Math.abs((signLag1([samples], 0) ?? 0) - 0.5) < 0.04);
  assert.equal(signLag1([Float64Array.of(1, 1, 1, 1)], 1), null);
});

test('outliers are counted on both sides, severe ones once', () => {
  // Quartiles 25 and 75 of 1 … 100: fences at −50, 150 (mild) and −125, 225 (severe).
  const samples = Float64Array.from([...oneTo(96), -60, 160, 300, -300]).sort();
  assert.deepEqual(countOutliers(samples), { mild: 2, severe: 2 });
  assert.deepEqual(countOutliers(oneTo(100)), { mild: 0, severe: 0 });
});
