import assert from 'node:assert/strict';
import { test } from 'node:test';
import { measureLonger } from '../../src/bench/run/measure-longer.ts';
import { planBench, type BenchOptions } from '../../src/bench/plan/plan.ts';
import type { BenchReport, GateResult } from '../../src/bench/report/result.ts';

type Gates = (Pick<GateResult, 'gate' | 'needRuns'> & { verdict?: GateResult['verdict'] })[];

/** What is typed after a measurement of 1,000 runs a second. */
function hint(gates: Gates, options: BenchOptions, looks: number[] | null = null): string {
  return measureLonger({
    gates: gates.map((gate) => ({
      verdict: 'inconclusive',
      observed: '',
      threshold: '',
      reason: '',
      ...gate,
    })),
    plan: { ...planBench(options), block: null, looks },
    compare: looks === null ? null : ({} as BenchReport['compare']),
    throughputPerSec: 1000,
  } as BenchReport);
}

test('what was counted is asked to count as many as the gate needs, and a little more', () => {
  assert.equal(
    hint([{ gate: 'p95<=1ms', needRuns: 59 }], { iterations: 50 }),
    'measure more runs: --iterations 65',
  );
  assert.match(hint([{ gate: 'p95<=1ms', needRuns: 3001 }], { iterations: 50 }), /--iterations 3400$/);
});

test('what was timed is asked to take as long as these runs do', () => {
  assert.equal(
    hint([{ gate: 'p99<=1ms', needRuns: 40_000 }], { durationMs: 10_000 }),
    'measure longer: --duration 44s',
  );
  // Long enough already: then it is the count that is short.
  assert.match(hint([{ gate: 'p99<=1ms', needRuns: 500 }], { durationMs: 10_000 }), /--iterations 550$/);
});

test('a comparison looks at four times the runs it starts with', () => {
  const gate = { gate: 'p95<=baseline*1.05', needRuns: 8000 };
  assert.match(hint([gate], { iterations: 500 }, [500, 1000, 2000]), /--iterations 2200$/);
  const limit = { gate: 'p95<=1ms', needRuns: 4000 };
  assert.match(hint([gate, limit], { iterations: 500 }, [500, 1000, 2000]), /--iterations 4400$/);
  assert.match(
    hint([gate], { durationMs: 4000, timeoutMs: 60_000 }, [4000, 8000]),
    /with this margin and enough time for all looks: --timeout 2m$/,
    'the third look would have had enough',
  );
});

test('the gate that needs most decides; those that are decided need nothing', () => {
  const gates: Gates = [
    { gate: 'p50<=1ms', needRuns: 100 },
    { gate: 'p99<=1ms', needRuns: 1000 },
    { gate: 'p95<=1ms', verdict: 'fail', needRuns: 1e6 },
  ];
  assert.match(hint(gates, { iterations: 50 }), /--iterations 1100$/);
});

test('where no number of runs would do, none is asked for; where none is known, a longer time', () => {
  for (const needRuns of [null, 1e7])
    assert.match(hint([{ gate: 'p95<=1ms', needRuns }], { iterations: 50 }), /would not help/);
  assert.equal(
    hint([{ gate: 'p95<=baseline*1.05' }], { iterations: 9 }, [9]),
    'measure longer: --duration 1m',
  );
});
