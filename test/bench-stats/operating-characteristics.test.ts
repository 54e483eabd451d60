import type { Statistic } from '../../src/core/measurements/bench.ts';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { alphaPerLook, judgeRegression, looksFrom } from '../../src/bench/stats/regression-gate.ts';
import { comparePairs, type BlockPair } from '../../src/stats/bootstrap.ts';
import { seededRandom } from '../../src/core/seeded-random.ts';
import { noisyPairs } from './noisy-runs.ts';

const margin = 0.05;
const block = 20;
const launches = 3;

interface Outcomes {
  pass: number;
  fail: number;
  undecided: number;
  /** Trials in which the interval of any look that was taken excluded the truth. */
  missed: number;
}

/** The gate as it is run: looks at n, 2n and 4n runs per arm, up to the first decision. */
function simulate(
  trials: number,
  { statistic, slowdown, pairs }: { statistic: Statistic; slowdown: number; pairs: number },
): Outcomes {
  const outcomes = { pass: 0, fail: 0, undecided: 0, missed: 0 };
  for (let trial = 0; trial < trials; trial++) {
    const random = seededRandom(trial, `${statistic} ${slowdown}`);
    const measured = Array.from({ length: launches }, (): BlockPair[] => []);
    let verdict: ReturnType<typeof judgeRegression> = 'undecided';
    let missed = false;
    for (const runs of looksFrom(launches * pairs * block)) {
      for (const launch of measured) {
        const missing = runs / (launches * block) - launch.length;
        launch.push(...noisyPairs(random, { pairs: missing, block, slowdown }));
      }
      const { ratio, interval } = comparePairs(measured, {
        statistic,
        alpha: alphaPerLook(0.05),
        seed: trial,
        resamples: 500,
      });
      assert.ok(ratio !== null && interval !== null);
      missed ||= interval.low > slowdown || interval.high < slowdown;
      verdict = judgeRegression({ ...interval, ratio, margin });
      if (verdict !== 'undecided') break;
    }
    outcomes[verdict]++;
    if (missed) outcomes.missed++;
  }
  return outcomes;
}

test('equal models are told apart in at most 10% of trials, and failed in at most 5%', () => {
  for (const statistic of ['p50', 'p95'] as const) {
    const trials = 200;
    const outcomes = simulate(trials, { statistic, slowdown: 1, pairs: 8 });
    const seen = `${statistic}: ${JSON.stringify(outcomes)}`;
    assert.ok(outcomes.missed <= 0.1 * trials, seen);
    assert.ok(outcomes.fail <= 0.05 * trials, seen);
    assert.ok(outcomes.pass >= 0.9 * trials, seen);
  }
});

test('equal models are not failed either where pairs are as few as they may be', () => {
  const outcomes = simulate(200, { statistic: 'p95', slowdown: 1, pairs: 3 });
  assert.ok(outcomes.fail <= 10, JSON.stringify(outcomes));
  assert.ok(outcomes.missed <= 20, JSON.stringify(outcomes));
});

test('a model that is 10% slower is never passed, and mostly failed', () => {
  for (const statistic of ['p50', 'p95'] as const) {
    const trials = 100;
    const outcomes = simulate(trials, { statistic, slowdown: 1.1, pairs: 6 });
    const seen = `${statistic}: ${JSON.stringify(outcomes)}`;
    assert.equal(outcomes.pass, 0, seen);
    assert.ok(outcomes.fail >= 0.9 * trials, seen);
  }
});

test('p99 of so few runs is left undecided rather than passed', () => {
  const outcomes = simulate(60, { statistic: 'p99', slowdown: 1.1, pairs: 6 });
  assert.equal(outcomes.pass, 0, JSON.stringify(outcomes));
});

test('a model that is slower by the margin exactly is rarely decided, either way', () => {
  const trials = 100;
  const outcomes = simulate(trials, { statistic: 'p95', slowdown: 1 + margin, pairs: 6 });
  assert.ok(outcomes.pass + outcomes.fail <= 0.1 * trials, JSON.stringify(outcomes));
});
