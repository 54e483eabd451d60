import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  alphaPerLook,
  judgeRegression,
  lastLook,
  looksFrom,
  minimumDetectable,
  needsRuns,
} from '../../src/bench/stats/regression-gate.ts';

test('three looks, each at all runs so far, share alpha out', () => {
  assert.deepEqual(looksFrom(1000), [1000, 2000, 4000]);
  assert.equal(lastLook, 3);
  assert.ok(Math.abs(3 * alphaPerLook(0.05) - 0.05) < 1e-15);
});

test('only an interval that lies on one side of the margin as a whole decides', () => {
  const judge = (low: number, high: number) =>
    judgeRegression({ ratio: (low + high) / 2, low, high, margin: 0.05 });
  assert.equal(judge(0.98, 1.049), 'pass');
  assert.equal(judge(0.98, 1.05), 'undecided');
  assert.equal(judge(1.04, 1.06), 'undecided');
  assert.equal(judge(1.05, 1.2), 'undecided');
  assert.equal(judge(1.051, 1.2), 'fail');
  assert.equal(judge(1, 1), 'pass');
  assert.equal(judgeRegression({ ratio: 1, low: 1, high: 1, margin: 0 }), 'undecided');
});

test('the detectable increase is that of the power tables: 2.80 standard errors at 5% and 80%', () => {
  assert.ok(Math.abs(Math.log1p(minimumDetectable(0.01, 0.05)) / 0.01 - 2.801585) < 1e-6);
  // Lehr's rule, n = 16 / d² per arm, is (2.80)² · 2 rounded.
  assert.equal(Math.round(2 * (Math.log1p(minimumDetectable(1, 0.05)) / 1) ** 2), 16);
  assert.equal(minimumDetectable(0, 0.05), 0);
});

test('half the distance from the margin takes four times the runs', () => {
  const interval = (ratio: number) => ({ ratio, low: ratio / 1.04, high: ratio * 1.04, margin: 0.05 });
  const near = 1.05 * Math.exp(-0.01);
  const nearer = 1.05 * Math.exp(-0.005);
  const needed = needsRuns(1000, interval(near)) ?? 0;
  assert.equal(needed, Math.floor(1000 * (Math.log(1.04) / 0.01) ** 2) + 1);
  assert.ok(Math.abs((needsRuns(1000, interval(nearer)) ?? 0) / needed - 4) < 0.001);
  assert.equal(needsRuns(1000, interval(1.05)), null);
  assert.equal(needsRuns(1000, interval(1.05 * (1 + 1e-9))), null);
});

test('above the margin it is the lower end that has to come off it', () => {
  const needed = needsRuns(100, { ratio: 1.1, low: 1.04, high: 2, margin: 0.05 }) ?? 0;
  assert.ok(needed > 100 && needed < 200, String(needed));
});

test('with the runs that it needs an interval that shrinks by √n decides, and with half of them it does not', () => {
  fc.assert(
    fc.property(
      fc.double({ min: 0.5, max: 2, noNaN: true }),
      fc.double({ min: 0.001, max: 0.3, noNaN: true }),
      fc.double({ min: 0.001, max: 0.3, noNaN: true }),
      fc.integer({ min: 30, max: 100_000 }),
      (ratio, below, above, runs) => {
        const at = (n: number) => ({
          ratio,
          low: ratio * Math.exp(-below * Math.sqrt(runs / n)),
          high: ratio * Math.exp(above * Math.sqrt(runs / n)),
          margin: 0.05,
        });
        const needed = needsRuns(runs, at(runs));
        if (needed === null) return;
        assert.notEqual(judgeRegression(at(needed + 1)), 'undecided');
        if (needed > 2) assert.equal(judgeRegression(at(needed / 2)), 'undecided');
        if (judgeRegression(at(runs)) === 'undecided') assert.ok(needed >= runs);
      },
    ),
    { numRuns: 500, seed: 1 },
  );
});
