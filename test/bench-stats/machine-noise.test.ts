import assert from 'node:assert/strict';
import { test } from 'node:test';
import { summarizeNoise, type Launches, type MachineNoise } from '../../src/bench/run/machine-noise.ts';
import { noiseFindings } from '../../src/bench/stats/noise-findings.ts';
import { seededRandom } from '../../src/core/seeded-random.ts';
import { nextNormal, noisyPairs } from './noisy-runs.ts';

const quiet = { steal: 0, busy: 0.5, throttledPeriods: 0 };

/**
 * Comparisons of three launches; in each launch one session is faster by a share with this standard
 * deviation.
 */
function comparisons(count: number, pairs: number, launchError = 0): Launches[] {
  const random = seededRandom(7, 'machine noise');
  return Array.from({ length: count }, () =>
    Array.from({ length: 3 }, () =>
      noisyPairs(random, { pairs, block: 20, slowdown: Math.exp(launchError * nextNormal(random)) }),
    ),
  );
}

function statusOf(noise: MachineNoise, check: string): string | undefined {
  return noiseFindings(noise).find((finding) => finding.check === check)?.status;
}

test('a quiet machine gives no false alarms, and tells less the longer it measures', () => {
  const noise = summarizeNoise(comparisons(12, 40), quiet);
  assert.deepEqual([noise.comparisons, noise.runs], [12, 3 * 40 * 20]);
  for (const one of [noise.p50, noise.p95]) {
    assert.deepEqual([one.compared, one.falseAlarms], [12, 0]);
    assert.ok(one.unequal <= 4, String(one.unequal));
    const { minimumDetectable, minimumDetectableUsually, intervalWidth } = one;
    assert.ok(minimumDetectable !== null && minimumDetectableUsually !== null && intervalWidth !== null);
    assert.ok(minimumDetectable > 0 && minimumDetectableUsually > 0 && intervalWidth > 0);
  }
  assert.ok((noise.lag1 ?? 0) > 0.1);
  // Blocks of 10 ms in all are 10,000 ms of each model in so many times as many runs.
  const { timedMs } = noise;
  assert.ok(timedMs > 2000 && timedMs < 3000, String(timedMs));
  const longer = summarizeNoise(comparisons(6, 160), quiet);
  assert.ok((longer.p50.minimumDetectable ?? 1) < 0.7 * (noise.p50.minimumDetectable ?? 0));
});

test('what launches differ by is not told away by more runs', () => {
  const noise = summarizeNoise(comparisons(20, 40, 0.05), quiet);
  assert.ok(noise.p50.unequal > 5, String(noise.p50.unequal));
  assert.equal(noise.p50.enoughMs, null);
  assert.ok((noise.p50.minimumDetectableUsually ?? 0) > 0.05);
  assert.equal(statusOf(noise, 'bench-false-alarms'), 'warn');
  const [, p50] = noiseFindings(noise);
  assert.match(p50?.advice ?? '', /no duration detects 5%/);
});

test('too few blocks for an interval are unknown, not zero', () => {
  const noise = summarizeNoise(comparisons(2, 2), quiet);
  const { compared, intervalWidth, minimumDetectable, minimumDetectableUsually, enoughMs } = noise.p50;
  assert.deepEqual(
    [compared, intervalWidth, minimumDetectable, minimumDetectableUsually, enoughMs],
    [0, null, null, null, null],
  );
  assert.equal(statusOf(noise, 'bench-p50'), 'warn');
  assert.equal(statusOf(noise, 'bench-false-alarms'), 'ok');
});

test('each check says what to do when it warns', () => {
  const one = {
    compared: 10,
    falseAlarms: 0,
    unequal: 0,
    intervalWidth: 0.01,
    minimumDetectable: 0.04,
    minimumDetectableUsually: 0.01,
    enoughMs: 600,
  };
  const good: MachineNoise = {
    comparisons: 10,
    margin: 0.05,
    runs: 1000,
    timedMs: 800,
    p50: one,
    p95: one,
    lag1: 0.2,
    ...quiet,
  };
  assert.deepEqual(new Set(noiseFindings(good).map(({ status }) => status)), new Set(['ok']));
  const coarse = { ...one, minimumDetectable: 0.3, minimumDetectableUsually: 0.08, enoughMs: 25_001 };
  const cases: [check: string, noise: Partial<MachineNoise>, advice: RegExp][] = [
    ['bench-false-alarms', { p95: { ...one, falseAlarms: 1 } }, /quieter machine/],
    ['bench-false-alarms', { p50: { ...one, unequal: 3 } }, /ignore differences smaller/],
    ['bench-p50', { p50: coarse }, /--duration 26s/],
    ['bench-p95', { p95: coarse }, /--duration 26s.*--stat p50/],
    ['bench-p95', { p95: { ...coarse, enoughMs: null } }, /no duration/],
    ['bench-noise', { steal: 0.02 }, /dedicated CPUs/],
    ['bench-noise', { throttledPeriods: 3 }, /CPU quota/],
  ];
  for (const [check, noise, advice] of cases) {
    const findings = noiseFindings({ ...good, ...noise }).filter(({ status }) => status !== 'ok');
    assert.deepEqual(
      findings.map((finding) => [finding.check, finding.status]),
      [[check, 'warn']],
    );
    assert.match(findings[0]?.advice ?? '', advice);
  }
  const few = { ...one, intervalWidth: null };
  const advised = (noise: Partial<MachineNoise>): string | undefined =>
    noiseFindings({ ...good, p50: few, ...noise }).find(({ check }) => check === 'bench-p50')?.advice;
  assert.equal(advised({}), 'mlreg doctor --bench --duration 2m');
  assert.equal(advised({ timedMs: 6000 }), 'mlreg doctor --bench --duration 4m', 'longer than it took');
  assert.match(advised({ timedMs: 200_000 }) ?? '', /^use a quieter machine/);
  const endless = { ...coarse, enoughMs: 25 * 3600e3 };
  assert.match(noiseFindings({ ...good, p50: endless })[1]?.advice ?? '', /^no duration/);
  assert.match(noiseFindings(good).at(-1)?.observed ?? '', /^lag-1 autocorrelation of runs 0\.20;/);
  const unknown = noiseFindings({ ...good, lag1: null, steal: null, busy: null, throttledPeriods: null });
  assert.match(
    unknown.at(-1)?.observed ?? '',
    /^no variation between runs; CPU steal unknown; CPU throttling unknown/,
  );
});
