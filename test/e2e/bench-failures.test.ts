/**
 * Models that hang, swell, crash or are refused: each a result with its status, after which all
 * goes on as before.
 */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import type { BenchReport } from '../../src/bench/report/result.ts';
import { identity } from '../support/bench-shapes.ts';
import { allocationBomb, bottomlessTree, endlessLoop, unknownOperator } from '../support/hostile-onnx.ts';
import { model, openRegistryShell } from '../support/run-cli.ts';

/**
 * Benches a harmful model and then a harmless one: both results are stored, and the registry is
 * whole. Returns what came of the first.
 */
async function benchHarmful(t: TestContext, bytes: Uint8Array, ...options: string[]): Promise<BenchReport> {
  const shell = await openRegistryShell(t);
  writeFileSync(join(shell.cwd, 'harmful.onnx'), bytes);
  await shell.json('register', 'harmful', 'harmful.onnx');
  await shell.json('register', 'digits', model('digits_mlp'));
  const run = await shell.run('bench', 'harmful', ...options, '--json');
  assert.equal(run.code, 5, run.stdout + run.stderr);
  const report = JSON.parse(run.stdout) as BenchReport;
  const { status, error, latencyMs } = report;
  assert.equal(run.error.code, 'GATE_FAILED');
  assert.equal(run.error.message, `cannot measure harmful@1.0.0 (${status}): ${error?.message ?? ''}`);
  assert.equal(latencyMs, null);

  const shown = await shell.run('show', 'harmful', '--json');
  const { benches } = JSON.parse(shown.stdout) as { benches: BenchReport[] };
  assert.deepEqual(
    benches.map((bench) => bench.status),
    [status],
  );
  const next = await shell.run('bench', 'digits', '--iterations', '20', '--warmup', '1', '--json');
  assert.equal((JSON.parse(next.stdout) as BenchReport).status, 'ok', next.stderr);
  assert.equal((await shell.json('verify')).ok, true);
  return report;
}

test('an endless loop is a timeout', async (t) => {
  const report = await benchHarmful(t, endlessLoop(), '--timeout', '3s');
  assert.equal(report.status, 'timeout');
  assert.match(report.error?.message ?? '', /^not finished within 3 s, before the first timed run$/);
});

test('2 GB at load are too much for the default limit, which is from the size of the model', async (t) => {
  const report = await benchHarmful(t, allocationBomb(), '--iterations', '1');
  assert.equal(report.status, 'oom');
  assert.match(report.error?.message ?? '', /^used more than [\d,]+ MB of memory$|killed by the system/);
});

test('a crash of the runtime is one of the child', async (t) => {
  const report = await benchHarmful(t, bottomlessTree(), '--iterations', '1');
  assert.equal(report.status, 'crash');
});

test('what the runtime refuses has its words', async (t) => {
  const report = await benchHarmful(t, unknownOperator(), '--iterations', '1');
  assert.equal(report.status, 'error');
  assert.match(report.error?.message ?? '', /NoSuchOperator/);
});

test('what cannot be fed or fetched is refused by name before anything runs, and nothing is stored', async (t) => {
  const shell = await openRegistryShell(t);
  const refused: [name: string, bytes: Uint8Array, message: RegExp][] = [
    ['brain', identity('bfloat16', [2]), /cannot feed input "x" \(tensor\(bfloat16\)\)/],
    ['future', identity(99, [2]), /cannot feed input "x" \(tensor\(unknown\(99\)\)\)/],
    ['nothing', identity('float32', [2, 0]), /input "x" has a dimension of size 0/],
    ['rank', identity('float32', null), /the rank of input "x" is unknown: set its shape/],
    ['huge', identity('float32', [1e9, 64]), /inputs are limited to 1 GiB: "x"/],
  ];
  for (const [name, bytes, message] of refused) {
    writeFileSync(join(shell.cwd, `${name}.onnx`), bytes);
    await shell.json('register', name, `${name}.onnx`);
    const error = await shell.fails(2, 'bench', name, '--iterations', '1');
    assert.equal(error.code, 'INVALID_INPUT');
    assert.match(error.message, message);
  }
  const { events } = await shell.json('history');
  assert.deepEqual(new Set(events.map(({ action }) => action)), new Set(['init', 'register']));
});
