import assert from 'node:assert/strict';
import { test } from 'node:test';
import { areDependent, likeness, runsPerIndependent } from '../../src/bench/stats/dependence.ts';
import { seededRandom } from '../../src/core/seeded-random.ts';
import { autoregressive } from './noisy-runs.ts';

test('likeness is the higher of the two correlations, and none is no likeness', () => {
  assert.equal(likeness({ lag1: 0.05, lag1Sign: 0.4 }), 0.4);
  assert.equal(likeness({ lag1: -0.3, lag1Sign: null }), 0);
  assert.deepEqual([areDependent(0.1), areDependent(0.11)], [false, true]);
});

test('for the median of an autoregression it follows from the arcsine law', () => {
  for (const phi of [0, 0.5, 0.8, 0.9]) {
    // The signs of Gaussian values with correlation r have correlation 2/π · asin r (Van Vleck).
    let exact = 1;
    for (let lag = 1; lag < 500; lag++) exact += (4 / Math.PI) * Math.asin(phi ** lag);
    const worth = runsPerIndependent([autoregressive(seededRandom(5), 40_000, phi)], 10);
    assert.ok(Math.abs(worth / exact - 1) < 0.15, `${phi}: ${worth}, not ${exact}`);
  }
});

test('bursts of ten above the level count as one, whether or not the rest resembles its neighbours', () => {
  const random = seededRandom(6);
  const samples = autoregressive(random, 20_000, 0);
  for (let at = 0; at < samples.length; at += 10) {
    if ((random() & 31) === 0) samples.fill(100, at, at + 10);
  }
  const worth = runsPerIndependent([samples], 50);
  assert.ok(worth > 8 && worth < 12, String(worth));
});

test('a difference between launches is none within them', () => {
  const random = seededRandom(7);
  const [first, second] = [autoregressive(random, 2000, 0), autoregressive(random, 2000, 0)];
  assert.ok(runsPerIndependent([first, second.map((sample) => 1.1 * sample)], 10) < 1.5);
});

test('alternation, no variation and next to no samples are worth one each', () => {
  const alternating = Float64Array.from({ length: 100 }, (_, at) => at % 2);
  assert.equal(runsPerIndependent([alternating], 0.5), 1);
  assert.equal(runsPerIndependent([new Float64Array(100)], 0.5), 1);
  assert.equal(runsPerIndependent([], 1), 1);
  assert.equal(runsPerIndependent([Float64Array.of(1), new Float64Array(0)], 0.5), 1);
});
