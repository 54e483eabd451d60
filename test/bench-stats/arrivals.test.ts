import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { poissonArrivals } from '../../src/bench/plan/arrivals.ts';

const seeds = Array.from({ length: 40 }, (_, seed) => seed);
const arrivals = (choices: Partial<Parameters<typeof poissonArrivals>[0]>): Float64Array =>
  poissonArrivals({ rate: 100, seed: 1, launch: 0, minMs: 0, minRuns: 5000, maxRuns: 5000, ...choices });

function gapsOf(times: Float64Array): Float64Array {
  return times.map((time, at) => time - (times[at - 1] ?? 0));
}

test('as many arrivals per second as asked for, on average', () => {
  for (const seed of seeds) {
    const times = arrivals({ seed, rate: 250 });
    const mean = (times.at(-1) ?? 0) / times.length;
    // The mean of n exponential gaps has a standard error of 1/√n of itself: these are five of
    // them.
    assert.ok(Math.abs(mean / 4 - 1) < 5 / Math.sqrt(times.length), `seed ${seed}: ${mean} ms`);
  }
});

test('gaps are exponential: no further from it than chance has it (Kolmogorov and Smirnov)', () => {
  for (const seed of seeds) {
    const gaps = gapsOf(arrivals({ seed })).sort();
    const distance = gaps.reduce((most, gap, at) => {
      const expected = 1 - Math.exp(-gap / 10);
      return Math.max(most, expected - at / gaps.length, (at + 1) / gaps.length - expected);
    }, 0);
    // Exceeded with a probability of 2·exp(−2·2.2²), one in 8,000.
    assert.ok(distance * Math.sqrt(gaps.length) < 2.2, `seed ${seed}: ${distance}`);
  }
});

test('a gap says nothing of the next one', () => {
  for (const seed of seeds) {
    const deviations = gapsOf(arrivals({ seed })).map((gap) => gap / 10 - 1);
    const products = deviations.reduce((sum, value, at) => sum + value * (deviations[at - 1] ?? 0), 0);
    assert.ok(Math.abs(products / Math.sqrt(deviations.length)) < 5, `seed ${seed}: ${products}`);
  }
});

const choices = fc.record({
  rate: fc.double({ min: 0.01, max: 1e6, noNaN: true }),
  seed: fc.nat(),
  launch: fc.nat(100),
  minMs: fc.double({ min: 0, max: 500, noNaN: true }),
  minRuns: fc.integer({ min: 1, max: 200 }),
});

test('the same choices give the same times, ascending, until both the time and the number are reached', () => {
  fc.assert(
    fc.property(choices, (given) => {
      const maxRuns = 2000;
      const times = poissonArrivals({ ...given, maxRuns });
      assert.deepEqual(times, poissonArrivals({ ...given, maxRuns }));
      assert.ok(times.every((time, at) => Number.isFinite(time) && time >= (times[at - 1] ?? 0)));
      assert.ok(times.length >= given.minRuns && times.length <= maxRuns);
      if (times.length > given.minRuns) assert.ok((times.at(-1) ?? 0) < given.minMs);
    }),
  );
});

test('every launch and every seed has times of its own', () => {
  const first = arrivals({});
  assert.notDeepEqual(arrivals({ launch: 1 }), first);
  assert.notDeepEqual(arrivals({ seed: 2 }), first);
});
