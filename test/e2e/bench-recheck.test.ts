import assert from 'node:assert/strict';
import { test } from 'node:test';
import { noMounts, withMounts } from '../support/mounts.ts';
import { benchOf, digits, keep, list, measured, type BenchJson } from '../support/stored-benches.ts';

test('a comparison judged again by its own margin is the same; by another, its stored blocks decide', async (t) => {
  const shell = await digits(t);
  const args = ['digits@1.1.0', '--baseline', 'digits@1.0.0', '--iterations', '640'];
  const bench = await measured(shell, ...args, '--max-regression', '1%', '--stat', 'p50', '--max-p90', '1s');
  const again = async (...options: string[]): Promise<{ code: number | null; bench: BenchJson }> => {
    const run = await shell.run('bench', '--recheck', bench.id, ...options, '--json');
    return { code: run.code, bench: benchOf(run) };
  };
  const failed = bench.gates.some(({ verdict }) => verdict !== 'pass');
  for (const stat of [['--stat', 'p50'], []]) {
    const same = await again('--max-regression', '1%', ...stat, '--max-p90', '1s');
    assert.equal(same.code, failed ? 5 : 0);
    assert.equal(same.bench.changed, false);
    assert.deepEqual(same.bench.compare, bench.compare);
    assert.deepEqual(same.bench.gates, bench.gates);
    assert.deepEqual(same.bench.latencyMs, bench.latencyMs);
    assert.deepEqual(same.bench.plan, bench.plan);
  }
  const { ratio, high } = bench.compare ?? { ratio: null, high: null };
  assert.ok(ratio !== null && high !== null);
  const loose = await again('--max-regression', `${Math.ceil(100 * (high - 1)) + 1}%`);
  assert.deepEqual([loose.code, loose.bench.gates[0]?.verdict], [0, 'pass']);
  assert.deepEqual(loose.bench.compare?.ratio, ratio);
  const other = await again('--max-regression', '5000%', '--stat', 'p95');
  assert.equal(other.bench.compare?.stat, 'p95');
  const p95 = (bench.latencyMs?.p95?.value ?? 0) / (bench.compare?.baselineLatencyMs.p95?.value ?? 1);
  assert.equal(other.bench.compare.ratio, p95);
  const limit = await again('--max-p50', '1ns');
  assert.deepEqual([limit.code, limit.bench.gates.map(({ gate }) => gate)], [5, ['p50<=1ns']]);
  assert.deepEqual(limit.bench.compare, bench.compare, 'what was compared stays to be seen');
});

test('judging again ends as a measurement does, and says what more runs it takes', async (t) => {
  const shell = await digits(t);
  const bench = await measured(shell, 'digits@1.0.0', '--iterations', '50');
  const farOff = `${(1000 * (bench.latencyMs?.max ?? 0)).toFixed(3)}ms`;
  // Nothing is over a limit so far above, but 50 runs are too few for a p95.
  const undecided = await shell.run('bench', '--recheck', bench.id, '--max-p95', farOff, '--json');
  assert.equal(undecided.code, 5);
  assert.deepEqual(
    benchOf(undecided).gates.map(({ verdict, needRuns }) => [verdict, needRuns]),
    [['inconclusive', 59]],
  );
  assert.match(undecided.error.hint ?? '', /--iterations 65$/);
  assert.equal(undecided.error.details?.['needRuns'], 59);
  const passed = await shell.run('bench', '--recheck', bench.id, '--max-p50', farOff);
  assert.deepEqual([passed.code, passed.stderr], [0, '']);
  assert.match(passed.stdout, /^gate\tp50<=.*\tpass\t/m);
  assert.match(passed.stdout, /^note\trechecked from samples stored at \d{4}-/m);
});

test('a run that failed has nothing to judge, whatever the limit; what is no latency stands', async (t) => {
  const shell = await digits(t);
  const bench = await measured(shell, 'digits@1.0.0', '--iterations', '20');
  const gate = {
    gate: 'outputs match',
    verdict: 'fail' as const,
    observed: '1',
    threshold: '0',
    reason: 'no',
  };
  const old = { ...gate, gate: 'p95<=1ms' };
  const wrong = await keep(t, shell, bench, { gates: [old, gate] });
  const judged = await shell.run('bench', '--recheck', wrong, '--max-p50', '1m', '--json');
  assert.equal(judged.code, 5);
  assert.deepEqual(
    benchOf(judged).gates.map((one) => one.gate),
    ['p50<=1m', 'outputs match'],
  );
  const error = { status: 'crash' as const, message: 'it died', stderr: '', launch: 1 };
  const crashed = await keep(t, shell, bench, { status: 'crash', error, latencyMs: null });
  assert.equal((await shell.run('bench', '--show', crashed)).code, 0);
  assert.equal((await list(shell)).benches[0]?.latencyMs, null);
});

test('a margin for a run that had no baseline is refused, with what to type', async (t) => {
  const shell = await digits(t);
  const { id } = await measured(shell, 'digits@1.0.0', '--iterations', '20');
  const error = await shell.fails(2, 'bench', '--recheck', id, '--max-regression', '5%');
  assert.match(error.message, /has no baseline/);
  assert.match(error.hint ?? '', /mlreg bench digits@1\.0\.0 --baseline/);
});

test(
  'looking and judging again write nothing, and work where nothing can be written',
  { skip: noMounts },
  async (t) => {
    const shell = await digits(t);
    const { id } = await measured(shell, 'digits@1.0.0', '--iterations', '80');
    const { events } = await shell.json('history');
    const answers = await withMounts(
      shell.cwd,
      `mount --bind registry registry && mount -o remount,ro,bind registry registry || exit 1
answer mlreg bench --list -q
answer mlreg bench --show ${id} -q
answer mlreg bench --recheck ${id} --max-p50 1m -q
answer mlreg bench --recheck ${id} --max-p50 1ns -q
`,
    );
    assert.deepEqual(
      answers.map((answer) => answer.slice(0, 2)),
      ['0 ', '0 ', '0 ', '5 '],
    );
    for (const args of [['--list'], ['--show', id], ['--recheck', id, '--max-p50', '1m']])
      await shell.json('bench', ...args);
    assert.deepEqual((await shell.json('history')).events, events);
  },
);
