import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { percentile } from '../../src/stats/quantiles.ts';
import {
  drawUnits,
  indexSamples,
  mostUnits,
  resampledPercentile,
} from '../../src/stats/resampled-percentiles.ts';
import { nextBelow, seededRandom } from '../../src/core/seeded-random.ts';

/** Few values, so that many are equal. */
const samples = fc
  .array(fc.integer({ min: 0, max: 40 }), { maxLength: 60 })
  .map((values) => Float64Array.from(values, (value) => value / 8));

test('a percentile of a resample is that of the resample when it is made', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.array(samples, { maxLength: 3 }), fc.integer({ min: 0, max: 4 })), {
        minLength: 1,
        maxLength: 40,
      }),
      fc.constantFrom(0.5, 0.9, 0.95, 0.99),
      (units, p) => {
        const index = indexSamples(units.map(([arrays]) => arrays));
        const made = units.flatMap(([arrays, weight]) =>
          Array.from({ length: weight }, () => arrays.flatMap((array) => [...array])).flat(),
        );
        made.sort((a, b) => a - b);
        const weights = Uint32Array.from(units, ([, weight]) => weight);
        assert.equal(resampledPercentile(index, weights, p), percentile(made, p));
      },
    ),
    { numRuns: 300, seed: 1 },
  );
});

test('the same where there are far more samples than are counted beforehand, and as many units as there may be', () => {
  const random = seededRandom(1);
  const units = Array.from({ length: mostUnits }, (_, unit) => [
    Float64Array.from({ length: 1 + (unit % 9) }, () => nextBelow(random, 5000) + unit / 10),
  ]);
  const index = indexSamples(units);
  const weights = new Uint32Array(mostUnits);
  for (let draw = 0; draw < 5; draw++) {
    drawUnits(random, [1000, 1048], weights);
    const made = units.flatMap(([array], unit) =>
      Array.from({ length: weights[unit] ?? 0 }, () => [...(array ?? [])]).flat(),
    );
    made.sort((a, b) => a - b);
    for (const p of [0.5, 0.95, 0.99]) {
      assert.ok(Math.abs(resampledPercentile(index, weights, p) - percentile(made, p)) < 1e-9);
    }
  }
});

test('a sample that is too long to be told from its unit counts as the longest', () => {
  const units = Array.from({ length: mostUnits }, () => [Float64Array.of(1)]);
  units[7] = [Float64Array.of(Number.MAX_VALUE)];
  const { sorted, units: owners } = indexSamples(units);
  assert.ok((sorted.at(-1) ?? 0) > 70 * 60e3);
  assert.equal(owners.at(-1), 7);
});

test('every stratum is drawn from as often as it has units, or fewer where some are to be missing', () => {
  const random = seededRandom(2);
  const weights = new Uint32Array(10);
  const count = (from: number, to: number): number =>
    weights.subarray(from, to).reduce((sum, weight) => sum + weight, 0);
  drawUnits(random, [3, 7], weights);
  assert.deepEqual([count(0, 3), count(3, 10)], [3, 7]);
  drawUnits(random, [3, 7], weights, 1);
  assert.deepEqual([count(0, 3), count(3, 10)], [2, 6]);
});
