import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { decodeSamples } from '../../src/bench/report/sample-codec.ts';
import { endlessLoop } from '../support/hostile-onnx.ts';
import { model, openRegistryShell, preparedShell } from '../support/run-cli.ts';
import { fixture } from '../support/temp-folder.ts';
import { reopen } from '../support/temp-registry.ts';

/** digits 1.0.0, and 1.1.0, which takes several times as long. */
const digits = preparedShell(async (shell) => {
  await shell.json('register', 'digits', model('digits_mlp'));
  await shell.json('register', 'digits', model('digits_mlp_v2'));
});

interface Comparison {
  id: string;
  mode: string;
  status: string;
  baseline: { ref: string } | null;
  plan: { looks: number[] | null };
  compare: { stat: string; ratio: number; low: number; high: number; look: number } | null;
  gates: { gate: string; verdict: string; reason: string }[];
}

const quick = ['--launches', '1', '--warmup', '50', '--threads', '1'];

test('a version that is slower than its baseline fails the margin, with the ratio and its interval', async (t) => {
  const shell = await digits(t);
  const args = ['digits@1.1.0', '--baseline', 'digits@1.0.0', '--max-regression', '5%', '--stat', 'p50'];
  const { code, stdout } = await shell.run('bench', ...args, ...quick, '--duration', '500ms', '--json');
  assert.equal(code, 5, stdout);
  const result = JSON.parse(stdout) as Comparison;
  assert.deepEqual([result.mode, result.status, result.baseline?.ref], ['ab', 'ok', 'digits@1.0.0']);
  assert.deepEqual([result.gates[0]?.gate, result.gates[0]?.verdict], ['p50<=baseline*1.05', 'fail']);
  const { ratio, low, high, look } = result.compare ?? { ratio: 0, low: 0, high: 0, look: 0 };
  assert.ok(low > 1.05 && low <= ratio && ratio <= high, JSON.stringify(result.compare));
  assert.equal(result.plan.looks?.length, look);

  const registry = await reopen(t, join(shell.cwd, 'registry'));
  const samples = await registry.metadata.samples(result.id);
  const series = decodeSamples(samples ?? new Uint8Array());
  const runs = [0, 1].map((arm) =>
    series.filter((block) => block.arm === arm).reduce((sum, { latencyMs }) => sum + latencyMs.length, 0),
  );
  assert.deepEqual(runs, [result.plan.looks?.at(-1), result.plan.looks?.at(-1)], 'all runs of both are kept');
  for (let at = 0; at < series.length; at += 2)
    assert.notEqual(series[at]?.arm, series[at + 1]?.arm, 'in pairs of blocks, in their order');
  assert.equal((await shell.json('show', 'digits@1.1.0')).version, '1.1.0');
  assert.equal((await shell.json('verify')).ok, true);
});

test('a version is never called slower than itself by half, and what is undecided says what it would take', async (t) => {
  const shell = await digits(t);
  const args = ['digits@1.0.0', '--baseline', 'digits@1.0.0', '--max-regression', '50%', '--stat', 'p50'];
  const same = await shell.run('bench', ...args, ...quick, '--iterations', '400', '--json');
  const result = JSON.parse(same.stdout) as Comparison;
  assert.notEqual(result.gates[0]?.verdict, 'fail', same.stdout);

  // The 99th percentile takes hundreds of runs, whatever they show: so many are never made here.
  const rare = [...args.slice(0, -1), 'p99', ...quick, '--iterations', '3'];
  const few = await shell.run('bench', ...rare, '--json');
  assert.equal(few.code, 5, few.stdout);
  const undecided = JSON.parse(few.stdout) as Comparison;
  assert.equal(undecided.gates[0]?.verdict, 'inconclusive');
  assert.match(undecided.gates[0]?.reason ?? '', /runs/);
});

test('without a margin a comparison is a result, not a gate', async (t) => {
  const shell = await digits(t);
  const args = ['digits@1.1.0', '--baseline', 'digits@1.0.0', '--iterations', '300'];
  const { code, stdout } = await shell.run('bench', ...args, ...quick, '--json');
  assert.equal(code, 0);
  const result = JSON.parse(stdout) as Comparison;
  assert.deepEqual([result.gates, result.compare?.stat, result.plan.looks], [[], 'p95', [300]]);
  const plain = await shell.run('bench', ...args, ...quick);
  assert.match(plain.stdout, /^baseline\tdigits@1\.0\.0$/m);
  assert.match(plain.stdout, /^ratio\tp95\t\d/m);
});

test('what cannot be compared is refused before anything is measured', async (t) => {
  const shell = await digits(t);
  await shell.json('register', 'cars', model('cars_mixed_inputs'));
  await shell.json('register', 'labels', fixture('pickles/logreg.pkl'));
  const refused: [code: number, message: RegExp, ...args: string[]][] = [
    [2, /--max-regression requires --baseline/, '--max-regression', '5%'],
    [2, /not a percentage/, '--baseline', 'digits@1.0.0', '--max-regression', '0.05'],
    [2, /take different inputs: "X"/, '--baseline', 'cars@1.0.0'],
    [2, /not an ONNX model/, '--baseline', 'labels@1.0.0'],
    [3, /no version 9/, '--baseline', 'digits@9.0.0'],
    [2, /--stat/, '--baseline', 'digits@1.0.0', '--stat', 'p42'],
  ];
  for (const [code, message, ...args] of refused)
    assert.match((await shell.fails(code, 'bench', 'digits@1.1.0', ...args)).message, message);
  assert.equal((await shell.json('history', '--limit', '1')).events[0]?.action, 'register');
});

test('a baseline that never ends is a result, within the limit', async (t) => {
  const shell = await openRegistryShell(t);
  writeFileSync(join(shell.cwd, 'loop.onnx'), endlessLoop());
  await shell.json('register', 'loop', 'loop.onnx');
  const args = ['loop@1.0.0', '--baseline', 'loop@1.0.0', '--max-regression', '5%', '--timeout', '2s'];
  const { code, stdout } = await shell.run('bench', ...args, '--json');
  assert.equal(code, 5);
  const { status, compare } = JSON.parse(stdout) as Comparison;
  assert.deepEqual([status, compare], ['timeout', null]);
});

test('limits on other percentiles are gates of their own', async (t) => {
  const shell = await digits(t);
  const limits = ['--max-p50', '1s', '--max-p90', '1s', '--max-p99', '1ns'];
  const { code, stdout } = await shell.run(
    'bench',
    'digits@1.0.0',
    ...quick,
    '--iterations',
    '500',
    ...limits,
    '--json',
  );
  assert.equal(code, 5);
  const { gates } = JSON.parse(stdout) as Comparison;
  assert.deepEqual(
    gates.map(({ gate, verdict }) => `${gate} ${verdict}`),
    ['p50<=1s pass', 'p90<=1s pass', 'p99<=1ns fail'],
  );
  const [latest = ''] = (await shell.run('history', 'digits', '--limit', '1')).stdout.split('\n');
  assert.equal(latest.split('\t').at(-1), 'fail', 'history says what the gates found');
});
