import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PairComparison } from '../../src/stats/bootstrap.ts';
import { regressionGate } from '../../src/bench/stats/regression-gate.ts';

const gate = { margin: 0.05, alpha: 0.05, look: 1 };

function compared(ratio: number, low: number, high: number): PairComparison {
  const interval = { low, high, logStandardError: 0.01 };
  return { statistic: 'p95', runs: 1000, ratio, interval, median: null, reason: null };
}

test('a pass says what was observed, and how sure it is', () => {
  assert.deepEqual(regressionGate(compared(1.012, 0.998, 1.027), gate), {
    gate: 'p95<=baseline*1.05',
    kind: 'regression',
    verdict: 'pass',
    observed: '1.012 (0.998–1.027)',
    threshold: '1.05',
    reason:
      "p95 is 0.2% below to 2.7% above the baseline's, with 95% confidence over 3 looks; decided by 1,000 runs per version (look 1 of 3)",
  });
});

test('a fail likewise', () => {
  const { verdict, reason } = regressionGate(compared(1.1, 1.08, 1.12), { ...gate, look: 2 });
  assert.equal(verdict, 'fail');
  assert.match(reason, /^p95 is 8% to 12% above the baseline's, .* \(look 2 of 3\)$/);
});

test('undecided, it says what it could have detected and how many runs would decide', () => {
  const { verdict, observed, reason, needRuns } = regressionGate(compared(1.03, 1.0, 1.07), {
    ...gate,
    look: 3,
  });
  assert.equal(verdict, 'inconclusive');
  assert.equal(observed, '1.030 (1.000–1.070)');
  // (2.394 + 0.842) × 0.01 at a third of 5%.
  assert.match(
    reason,
    /undecided after 1,000 runs per version \(look 3 of 3\), enough to detect an increase of 3.3%/,
  );
  assert.match(reason, /about 3,925 runs per version should decide it/);
  assert.equal(needRuns, 3925);
});

test('p95 does not pass while the median is beyond the margin, whatever hides it out there', () => {
  const hidden = { ...compared(1.01, 0.99, 1.03), median: { low: 1.08, high: 1.11 } };
  const { verdict, observed, reason, needRuns } = regressionGate(hidden, { ...gate, look: 3 });
  assert.deepEqual([verdict, observed, needRuns], ['inconclusive', '1.010 (0.990–1.030)', null]);
  assert.match(reason, /but p50 is 8% to 11% above the baseline's: .*--stat p50/);
  for (const median of [
    { low: 1.04, high: 1.06 },
    { low: 0.9, high: 0.95 },
  ])
    assert.equal(regressionGate({ ...hidden, median }, gate).verdict, 'pass');
  const slower = { ...compared(1.1, 1.08, 1.12), median: { low: 1.08, high: 1.11 } };
  assert.equal(regressionGate(slower, gate).verdict, 'fail');
});

test('at the margin, more runs are not promised to help', () => {
  const { reason, needRuns } = regressionGate(compared(1.05, 1.03, 1.07), { ...gate, look: 3 });
  assert.equal(needRuns, null);
  assert.match(reason, /too close to 5% for more runs to decide$/);
});

test('without an interval, or without a ratio, nothing is decided, for the reason of the comparison', () => {
  const reason = 'an interval needs 8 block pairs, got 3';
  const few: PairComparison = {
    statistic: 'p50',
    runs: 60,
    ratio: 1.5,
    interval: null,
    median: null,
    reason,
  };
  assert.deepEqual(regressionGate(few, { ...gate, margin: 0.1 }), {
    gate: 'p50<=baseline*1.1',
    kind: 'regression',
    verdict: 'inconclusive',
    observed: '1.500 (no interval)',
    threshold: '1.1',
    reason,
  });
  const { observed, needRuns } = regressionGate({ ...few, runs: 3, ratio: null }, gate);
  assert.deepEqual([observed, needRuns], ['no ratio', 5], 'p50 takes 5 runs');
});
