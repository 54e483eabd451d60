import assert from 'node:assert/strict';
import { test } from 'node:test';
import { summarizeLatency } from '../../src/bench/latency-summary.ts';
import type { GateResult } from '../../src/bench/result.ts';
import { judgeP95, projectedRuns, requiredRuns } from '../../src/bench/verdict.ts';
import { nextDouble, seededRandom } from '../../src/core/seeded-random.ts';

test("the runs needed are those of MLPerf LoadGen's own test, at confidence 0.99", () => {
  assert.equal(requiredRuns(1, 0.1, 0.01), 64);
  assert.equal(requiredRuns(0, 0.01, 0.01), 459);
  assert.equal(requiredRuns(1, 0.01, 0.01), 662);
});

test('at confidence 0.95 for p95', () => {
  assert.equal(requiredRuns(0, 0.05, 0.05), 59);
  assert.equal(requiredRuns(1, 0.05, 0.05), 93);
});

function judge(latencies: number[], limitMs: number): GateResult {
  const { latency } = summarizeLatency([Float64Array.from(latencies)], {
    alpha: 0.05,
    seed: 1,
    harnessFloorUs: 1,
  });
  return judgeP95(latencies, {
    limitMs,
    alpha: 0.05,
    low: latency.p95?.low ?? null,
    value: latency.p95?.value ?? null,
  });
}

const runs = (under: number, over: number): number[] =>
  Array.from({ length: under + over }, (_, at) =>
    Math.floor((at * over) / (under + over)) < Math.floor(((at + 1) * over) / (under + over)) ? 30 : 10,
  );

test('few enough runs over the limit pass', () => {
  const gate = judge(runs(59, 0), 20);
  assert.equal(gate.verdict, 'pass');
  assert.equal(gate.gate, 'p95<=20ms');
  assert.equal(gate.threshold, '20ms');
  assert.equal(gate.observed, '10ms');
  assert.match(gate.reason, /^0 of 59 runs took longer than 20ms/);
  assert.equal(judge(runs(92, 1), 20).verdict, 'pass');
});

test('one run less is undecided, and says how many more it takes', () => {
  const gate = judge(runs(58, 0), 20);
  assert.equal(gate.verdict, 'inconclusive');
  assert.match(gate.reason, /about 1 more runs/);
  assert.equal(gate.observed, '0/58 over');
  assert.equal(judge(runs(91, 1), 20).verdict, 'inconclusive');
});

test('a p95 that lies above the limit as a whole fails', () => {
  const gate = judge(runs(80, 20), 20);
  assert.equal(gate.verdict, 'fail');
  assert.match(gate.reason, /p95 is at least 30ms/);
});

test('a run exactly at the limit is not over it', () => {
  assert.equal(
    judge(
      Array.from({ length: 100 }, () => 20),
      20,
    ).verdict,
    'pass',
  );
});

test('at the limit, more runs are not promised to help', () => {
  const gate = judge(runs(95, 5), 20);
  assert.equal(gate.verdict, 'inconclusive');
  assert.match(gate.reason, /more runs at this rate would not make it pass/);
});

test('no runs decide nothing', () => {
  assert.equal(judgeP95([], { limitMs: 1, alpha: 0.05, low: null, value: null }).verdict, 'inconclusive');
});

test('the projection passes the test when it is carried out', () => {
  for (const [n, over] of [
    [100, 3],
    [1000, 40],
    [59, 1],
    [200, 8],
  ] as const) {
    const needed = projectedRuns(n, over, 0.05, 0.05) ?? 0;
    assert.ok(needed > n);
    const reached = judge(runs(needed - Math.ceil((over / n) * needed), Math.ceil((over / n) * needed)), 20);
    assert.equal(reached.verdict, 'pass', `${over} of ${n}: ${needed}`);
  }
  assert.equal(projectedRuns(100, 5, 0.05, 0.05), null);
});

test('a p95 on the limit is passed by chance in about 5% of trials, never more', () => {
  const random = seededRandom(11);
  let passed = 0;
  const trials = 2000;
  for (let trial = 0; trial < trials; trial++) {
    const latencies = Float64Array.from({ length: 300 }, () => nextDouble(random));
    if (judgeP95(latencies, { limitMs: 0.95, alpha: 0.05, low: null, value: null }).verdict === 'pass')
      passed++;
  }
  assert.ok(passed / trials < 0.065, `${passed / trials}`);
});
