import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { planBench, type BenchOptions } from '../../src/bench/plan/plan.ts';
import type { BenchReport } from '../../src/bench/report/result.ts';
import { runBench } from '../../src/bench/run/run-bench.ts';
import { benchModel, modelFile } from '../support/bench-model.ts';
import { allocationBomb, bottomlessTree, endlessLoop, unknownOperator } from '../support/hostile-onnx.ts';

async function benched(t: TestContext, bytes: Uint8Array, options: BenchOptions): Promise<BenchReport> {
  const { report, samples } = await benchModel(modelFile(t, bytes), options);
  assert.equal(report.error?.status, report.status);
  assert.equal(report.error?.launch, 1);
  assert.deepEqual(
    [report.latencyMs, report.phases, report.throughputPerSec, report.memory, samples],
    [null, null, null, null, []],
  );
  return report;
}

test('an endless loop is a timeout', async (t) => {
  const report = await benched(t, endlessLoop(), { timeoutMs: 1500, maxMs: { p95: 20 } });
  assert.equal(report.status, 'timeout');
  assert.equal(report.error?.message, 'not finished within 1.5 s, before the first timed run');
  assert.equal(report.gates[0]?.verdict, 'inconclusive');
});

test('a model that unfolds to 2 GB is out of memory under the default limit', async (t) => {
  const report = await benched(t, allocationBomb(), {});
  assert.equal(report.status, 'oom', report.error?.message);
});

test('a model that the runtime refuses is an error with its words', async (t) => {
  const report = await benched(t, unknownOperator(), {});
  assert.equal(report.status, 'error');
  assert.match(report.error?.message ?? '', /NoSuchOperator/);
});

test('bytes that are no model are an error', async (t) => {
  const file = modelFile(t, new TextEncoder().encode('not a model'));
  const signature = {
    inputs: [{ name: 'x', type: 'tensor(float32)', dtype: 'float32', shape: [1] }],
    outputs: [{ name: 'y', type: 'tensor(float32)', dtype: 'float32', shape: [1] }],
  };
  const { report } = await runBench({
    modelFile: file,
    signature,
    plan: planBench({ iterations: 1, launches: 1 }),
  });
  assert.equal(report.status, 'error');
});

test('a model that crashes the runtime only ends the child', async (t) => {
  const report = await benched(t, bottomlessTree(), {});
  assert.equal(report.status, 'crash');
  assert.match(report.error?.message ?? '', /SIGSEGV|SIGBUS|exit code/);
});
