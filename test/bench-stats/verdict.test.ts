import type { Statistic } from '../../src/core/measurements/bench.ts';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { showsAtMost } from '../../src/bench/stats/early-stopping.ts';
import { summarizeLatency } from '../../src/bench/stats/latency-summary.ts';
import { normalQuantile } from '../../src/stats/distributions.ts';
import { percentiles, shareAbove } from '../../src/stats/quantiles.ts';
import type { GateResult } from '../../src/bench/report/result.ts';
import { judgePercentile } from '../../src/bench/stats/verdict.ts';
import { nextDouble, seededRandom } from '../../src/core/seeded-random.ts';
import { autoregressive } from './noisy-runs.ts';

function judge(latencies: ArrayLike<number>, limitMs: number, statistic: Statistic = 'p95'): GateResult {
  const series = [Float64Array.from(latencies)];
  const { latency } = summarizeLatency(series, { alpha: 0.05, seed: 1, harnessFloorUs: 1 });
  return judgePercentile(series, latency, { statistic, limitMs, alpha: 0.05 });
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
  assert.match(gate.reason, /^0 of 59 runs took longer than 20ms: at most 5% are over, with 95% confidence$/);
  assert.equal(judge(runs(92, 1), 20).verdict, 'pass');
});

test('one run less is undecided, and says how many more it takes', () => {
  const gate = judge(runs(58, 0), 20);
  assert.equal(gate.verdict, 'inconclusive');
  assert.match(gate.reason, /about 1 more runs/);
  assert.equal(gate.needRuns, 59);
  assert.equal(gate.observed, '0/58 over');
  assert.equal(judge(runs(91, 1), 20).verdict, 'inconclusive');
});

test('every percentile has its own share: the least that pass are 5, 29, 59 and 299', () => {
  for (const [statistic, least, share] of [
    ['p50', 5, '50%'],
    ['p90', 29, '10%'],
    ['p95', 59, '5%'],
    ['p99', 299, '1%'],
  ] as const) {
    const gate = judge(runs(least, 0), 20, statistic);
    assert.equal(gate.verdict, 'pass', statistic);
    assert.equal(gate.gate, `${statistic}<=20ms`);
    assert.ok(gate.reason.includes(`at most ${share} are over`), gate.reason);
    assert.equal(judge(runs(least - 1, 0), 20, statistic).verdict, 'inconclusive', statistic);
  }
});

test('a p95 that lies above the limit as a whole fails', () => {
  const gate = judge(runs(80, 20), 20);
  assert.equal(gate.verdict, 'fail');
  assert.match(gate.reason, /more than 5% are over, and p95 is at least 30ms, with 95% confidence/);
});

test('too few runs to name p95 may be enough to say that it is too high', () => {
  const gate = judge(runs(0, 20), 20);
  assert.equal(gate.verdict, 'fail');
  assert.equal(gate.observed, '20/20 over');
  assert.match(gate.reason, /more than 5% are over, with 95% confidence$/);
});

test('a run exactly at the limit is not over it', () => {
  assert.equal(judge(new Float64Array(100).fill(20), 20).verdict, 'pass');
});

test('at the limit, more runs are not promised to help', () => {
  const gate = judge(runs(95, 5), 20);
  assert.deepEqual([gate.verdict, gate.needRuns], ['inconclusive', null]);
  assert.match(gate.reason, /more runs would not make it pass/);
});

test('no runs decide nothing', () => {
  const gate = judgePercentile([], null, { statistic: 'p95', limitMs: 1, alpha: 0.05 });
  assert.equal(gate.verdict, 'inconclusive');
  assert.match(gate.reason, /about 59 more runs/);
});

test('a p95 on the limit is passed by chance in about 5% of trials, never more', () => {
  const random = seededRandom(11);
  let passed = 0;
  const trials = 2000;
  for (let trial = 0; trial < trials; trial++) {
    const latencies = Float64Array.from({ length: 300 }, () => nextDouble(random));
    const gate = judgePercentile([latencies], null, { statistic: 'p95', limitMs: 0.95, alpha: 0.05 });
    if (gate.verdict === 'pass') passed++;
  }
  assert.ok(passed / trials < 0.065, `${passed / trials}`);
});

test('runs that resemble their neighbours pass only if the whole block-bootstrap interval is at or under the limit', () => {
  const samples = autoregressive(seededRandom(31), 4000, 0.8);
  const { latency } = summarizeLatency([samples], { alpha: 0.05, seed: 1, harnessFloorUs: 1 });
  const { p95 } = latency;
  assert.ok(p95 && p95.method === 'block-bootstrap' && p95.low !== null && p95.high !== null);
  const limitMs = 1.1 * p95.value;
  const judgeWith = (high: number) =>
    judgePercentile(
      [samples],
      { ...latency, p95: { ...p95, high } },
      { statistic: 'p95', limitMs, alpha: 0.05 },
    );
  assert.equal(judgeWith(p95.high).verdict, 'pass');
  assert.match(judgeWith(p95.high).reason, /autocorrelated: equivalent to [\d,]+ independent runs/);
  assert.equal(judgeWith(limitMs).verdict, 'pass');
  const wide = judgeWith(1.2 * p95.value);
  assert.equal(wide.verdict, 'inconclusive');
  // An interval that reaches twice as far as the limit takes four times the runs.
  assert.match(wide.reason, /about 12,000 more runs should make it pass/);
  assert.match(judge(samples, 0.999 * p95.value).reason, /more runs would not make it pass/);
  assert.equal(judge(samples, 0.9 * p95.low).verdict, 'fail');
  const under = { statistic: 'p95', limitMs: 0.9 * p95.low, alpha: 0.05 } as const;
  const reachesDown = { ...latency, p95: { ...p95, low: 0.8 * p95.low } };
  assert.equal(judgePercentile([samples], reachesDown, under).verdict, 'inconclusive');
});

test('runs that resemble their neighbours and are too few to bound p95 are told how many it takes', () => {
  const samples = autoregressive(seededRandom(32), 65, 0.9);
  const gate = judge(samples, 1.01 * Math.max(...samples));
  assert.equal(gate.verdict, 'inconclusive');
  const needed = Number(/about (\d+) more runs should/.exec(gate.reason)?.[1]);
  assert.ok(needed >= 72 - 65, gate.reason);
});

test('far below the limit, runs that resemble their neighbours count in full; near it they do not', () => {
  const samples = autoregressive(seededRandom(33), 100, 0.9);
  const slowest = Math.max(...samples);
  const far = judge(samples, slowest + 4 * (slowest - Math.min(...samples)));
  assert.equal(far.verdict, 'pass');
  assert.match(far.reason, /^0 of 100 runs took longer than [\d.]+ms: at most 5% are over/);
  const near = judge(samples, 1.01 * slowest);
  assert.equal(near.verdict, 'inconclusive');
  assert.match(near.reason, /^0 of 100 runs .* equivalent to \d+ independent runs\)/);
  const needed = Number(/about (\d+) more runs/.exec(near.reason)?.[1]);
  assert.ok(needed > 59, near.reason);
});

test('where the limit is far beyond all runs, the fewest that pass do so however they resemble their neighbours', () => {
  const rising = Float64Array.from({ length: 59 }, (_, at) => 1 + at / 100);
  assert.equal(judge(rising, 1000).verdict, 'pass');
  assert.equal(judge(rising.subarray(1), 1000).verdict, 'inconclusive');
});

test('a percentile that is just over the limit passes too often if dependent runs are taken as independent, and does not here', () => {
  const [phi, count, trials] = [0.9, 600, 100];
  for (const statistic of ['p50', 'p95', 'p99'] as const) {
    const random = seededRandom(7, statistic);
    const p = percentiles[statistic];
    const share = shareAbove(p);
    // The true percentile is 0.01% over it.
    const limitMs = 0.9999 * 10 * Math.exp(0.1 * normalQuantile(p));
    let plain = 0;
    let strict = 0;
    for (let trial = 0; trial < trials; trial++) {
      const samples = autoregressive(random, count, phi);
      const over = samples.filter((sample) => sample > limitMs).length;
      if (showsAtMost({ runs: count, over, runsPerIndependent: 1 }, { share, alpha: 0.05 })) plain++;
      // With a larger share over the limit neither passes.
      if (over < share * count && judge(samples, limitMs, statistic).verdict === 'pass') strict++;
    }
    const rates = `${statistic} passed by the plain test in ${plain}, here in ${strict} of ${trials} trials`;
    assert.ok(plain >= 20, rates);
    // Of 100 trials that pass with a probability of 5%, 11 or more do with a probability of 1%.
    assert.ok(strict <= 10, rates);
  }
});
