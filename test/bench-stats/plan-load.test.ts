import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chooseSession, resolvePlan } from '../../src/bench/plan/choose-model.ts';
import { defaultThreads, readTopology } from '../../src/machine/resources.ts';
import { isLoad } from '../../src/bench/plan/plan-load.ts';
import { planBench, type BenchOptions } from '../../src/bench/plan/plan.ts';

const loadOf = (options: BenchOptions): unknown[] => {
  const { scenario, rate, concurrency, samplesPerQuery } = planBench(options);
  return [scenario, rate, concurrency, samplesPerQuery];
};

test('by default one run after the other; a rate means the scenario server', () => {
  assert.deepEqual(loadOf({}), ['single', null, 1, null]);
  assert.deepEqual(loadOf({ rate: 200 }), ['server', 200, 1, null]);
  assert.deepEqual(loadOf({ rate: 0.5, scenario: 'server', concurrency: 4 }), ['server', 0.5, 4, null]);
  assert.deepEqual(loadOf({ scenario: 'multi' }), ['multi', null, 1, 8]);
  assert.deepEqual(loadOf({ scenario: 'offline', concurrency: 2 }), ['offline', null, 2, null]);
  assert.deepEqual(
    [{}, { concurrency: 2 }, { rate: 1 }, { scenario: 'offline' as const }].map((options) =>
      isLoad(planBench(options)),
    ),
    [false, true, true, true],
  );
});

test('options that contradict each other are refused, and name the one that is missing', () => {
  const usage = (options: BenchOptions, message: RegExp): void =>
    assert.throws(() => planBench(options), { code: 'USAGE', message });
  usage({ scenario: 'server' }, /server needs --rate/);
  usage({ scenario: 'offline', rate: 5 }, /--rate cannot be used with --scenario offline/);
  usage({ samplesPerQuery: 4 }, /needs --scenario multi/);
  usage({ asDeployed: true, threads: 2 }, /--as-deployed/);
});

test('values out of range are refused', () => {
  for (const options of [
    { rate: 0 },
    { rate: -1 },
    { rate: Number.NaN },
    { rate: 1e7 },
    { concurrency: 0 },
    { concurrency: 1.5 },
    { concurrency: 1000 },
    { scenario: 'multi' as const, samplesPerQuery: 0 },
    { scenario: 'multi' as const, samplesPerQuery: 10_000, iterations: 1_000_000 },
  ]) {
    assert.throws(() => planBench(options), { code: 'INVALID_INPUT' }, JSON.stringify(options));
  }
});

test('a schedule that takes longer than the duration has the time for it', () => {
  assert.equal(planBench({ rate: 2 }).timeoutMs, 3 * 50_000 + 30_000);
  const exact = planBench({ rate: 0.1, iterations: 20 });
  assert.deepEqual([exact.timeoutMs, exact.timeoutIsStall], [3 * 200_000 + 30_000, false]);
});

test('sessions that run at once share the cores, and each has the memory that one would have', () => {
  const cores = defaultThreads(readTopology());
  const megabyte = 2 ** 20;
  const resolved = (options: BenchOptions): ReturnType<typeof resolvePlan> =>
    resolvePlan(planBench(options), megabyte);
  assert.equal(resolved({}).threads, cores);
  assert.equal(resolved({ concurrency: 2 }).threads, Math.max(1, Math.floor(cores / 2)));
  assert.equal(resolved({ concurrency: 200 }).threads, 1);
  assert.equal(resolved({ concurrency: 2, threads: 3 }).threads, 3);
  const more = resolved({ concurrency: 2 }).memoryLimitBytes - resolved({}).memoryLimitBytes;
  assert.ok(more >= 4 * megabyte, `${more} bytes for the second session`);
});

test('as deployed sets nothing; threads of sessions that share a process do not spin', () => {
  const session = (options: BenchOptions, shared: boolean): unknown =>
    chooseSession(resolvePlan(planBench(options), 1), { shared });
  const spinning = { 'session.intra_op.allow_spinning': '0' };
  assert.deepEqual(session({ threads: 2 }, false), {
    intraOpThreads: 2,
    interOpThreads: 1,
    extra: {},
    device: 'cpu',
  });
  assert.deepEqual(session({ threads: 2 }, true), {
    intraOpThreads: 2,
    interOpThreads: 1,
    extra: spinning,
    device: 'cpu',
  });
  for (const shared of [false, true]) {
    const nothing = { intraOpThreads: null, interOpThreads: null, extra: {}, device: 'cpu' };
    assert.deepEqual(session({ asDeployed: true }, shared), nothing);
  }
});
