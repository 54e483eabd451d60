import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Command } from 'commander';
import { planBench, shareOf } from '../../src/bench/plan/plan.ts';
import { addPlanOptions } from '../../src/cli/bench/plan-options.ts';
import { checkPolicy } from '../../src/core/events/policy.ts';
import { benchNumbers } from '../../src/core/measurements/bench.ts';
import { formatDuration, parseDuration } from '../../src/core/text/units.ts';
import { failsWith } from '../support/temp-folder.ts';

const refused = { code: 'INVALID_INPUT' };

test('by default, ten seconds and a hundred runs over three launches', () => {
  const plan = planBench({});
  assert.deepEqual(
    [plan.launches, plan.durationMs, plan.minRuns, plan.warmup, plan.seed],
    [3, 10_000, 100, null, 1],
  );
  assert.deepEqual([plan.timeoutMs, plan.timeoutIsStall], [60_000, false]);
});

test('iterations alone are exact and switch the time off', () => {
  const plan = planBench({ iterations: 500 });
  assert.deepEqual([plan.durationMs, plan.minRuns, plan.maxRuns], [0, 500, 500]);
  assert.equal(plan.timeoutIsStall, true);
  assert.equal(planBench({ iterations: 500, timeoutMs: 5000 }).timeoutIsStall, false);
});

test('iterations with a duration are the least, and both must be reached', () => {
  const plan = planBench({ iterations: 500, durationMs: 2000 });
  assert.deepEqual([plan.durationMs, plan.minRuns], [2000, 500]);
  assert.ok(plan.maxRuns > 500);
});

test('fewer runs than launches make fewer launches', () => {
  assert.equal(planBench({ iterations: 2 }).launches, 2);
});

test('the launches share the runs exactly', () => {
  assert.deepEqual(
    [0, 1, 2].map((launch) => shareOf(100, 3, launch)),
    [34, 33, 33],
  );
  assert.deepEqual(
    [0, 1].map((launch) => shareOf(2, 2, launch)),
    [1, 1],
  );
});

test('the time limit leaves room for the duration', () => {
  assert.equal(planBench({ durationMs: 60_000 }).timeoutMs, 210_000);
});

test('values out of range are refused', () => {
  for (const options of [
    { iterations: 0 },
    { iterations: 1.5 },
    { iterations: 5_000_000 },
    { warmup: -1 },
    { threads: 0 },
    { batch: 0 },
    { durationMs: 0 },
    { maxMs: { p95: 0 } },
    { timeoutMs: 0 },
    { seed: -1 },
    { launches: 0 },
    { durationMs: Number.NaN },
  ]) {
    assert.throws(() => planBench(options), refused, JSON.stringify(options));
  }
});

test('more launches than runs are refused, and fewer made where nobody said how many', () => {
  assert.throws(
    () => planBench({ iterations: 5, launches: 10 }),
    failsWith('USAGE', /more than the number of runs, 5/),
  );
  assert.equal(planBench({ iterations: 2 }).launches, 2);
  assert.equal(planBench({ iterations: 5, launches: 5 }).launches, 5);
});

test('a plan survives JSON', () => {
  const plan = planBench({
    shapes: new Map([['N', [8]]]),
    ranges: new Map([['ids', [0, 9] as const]]),
    maxMs: { p95: 20 },
  });
  assert.deepEqual(JSON.parse(JSON.stringify(plan)), plan);
});

test('durations as people write them', () => {
  const known: Record<string, number> = {
    '10s': 10_000,
    '250ms': 250,
    '1us': 0.001,
    '1µs': 0.001,
    '2m': 120_000,
    '24h': 86_400_000,
    '7d': 604_800_000,
    '1.5s': 1500,
    '0s': 0,
    '0': 0,
    '1.1m': 66_000,
    '5ns': 0.000005,
  };
  for (const [text, ms] of Object.entries(known)) assert.equal(parseDuration(text), ms, text);
});

test('what is not a duration is refused with the spellings that are', () => {
  for (const text of [
    '',
    '10',
    's',
    '-1s',
    '1 s',
    '1e3s',
    'NaNs',
    '10sec',
    '1m30s',
    '+1s',
    '.5s',
    '99999999d',
    '∞s',
  ]) {
    assert.throws(() => parseDuration(text), { code: 'INVALID_INPUT', hint: /10s, 2m/ }, text);
  }
});

test('durations are shown in the unit that suits them', () => {
  const known: [number, string][] = [
    [20, '20ms'],
    [0.0137, '13.7us'],
    [1500, '1.5s'],
    [90_000, '1.5m'],
    [0, '0s'],
    [0.00004, '40ns'],
    [999.6, '999.6ms'],
  ];
  for (const [ms, text] of known) assert.equal(formatDuration(ms), text);
});

test('inputs are synthetic where that is asked for, or something that only such inputs have', () => {
  const shapes = new Map([['batch', [8]]]);
  const ranges = new Map([['X', [0, 9] as const]]);
  for (const asking of [{ synthetic: true }, { batch: 2 }, { shapes }, { ranges }, { seed: 1 }])
    assert.equal(planBench(asking).synthetic, true, JSON.stringify(asking));
  for (const silent of [{}, { synthetic: false }, { shapes: new Map() }, { threads: 1 }])
    assert.equal(planBench(silent).synthetic, false, JSON.stringify(silent));

  const inputFile = 'inputs.json';
  for (const asking of [{ synthetic: true }, { batch: 2 }, { shapes }, { ranges }])
    assert.throws(() => planBench({ ...asking, inputFile }), { code: 'USAGE' });
  // It is also the seed of the order of blocks.
  assert.deepEqual(
    [planBench({ seed: 7, inputFile }).synthetic, planBench({ seed: 7, inputFile }).seed],
    [false, 7],
  );
});

test('a flag, a policy and the library take the same whole numbers', () => {
  const inPolicy = (bench: object): unknown => checkPolicy({ stages: { production: { bench } } }, 'it');
  const byFlag = (name: string, value: number): unknown =>
    addPlanOptions(new Command().exitOverride()).parse([`--${name}`, String(value)], { from: 'user' });
  for (const [name, { least, most }] of Object.entries(benchNumbers)) {
    // As many runs as the most launches need.
    const rest = name === 'launches' ? { iterations: most } : {};
    for (const value of [least, most]) {
      inPolicy({ [name]: value });
      planBench({ ...rest, [name]: value });
      byFlag(name, value);
    }
    for (const value of [least - 1, most + 1]) {
      assert.throws(() => inPolicy({ [name]: value }), refused);
      assert.throws(() => planBench({ ...rest, [name]: value }), refused);
      assert.throws(() => byFlag(name, value), { code: 'USAGE' });
    }
  }
});
