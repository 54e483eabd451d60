import assert from 'node:assert/strict';
import { readdirSync, writeFileSync, cpSync, mkdirSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import type { BenchReport } from '../../src/bench/report/result.ts';
import { processMark } from '../../src/files/scratch.ts';
import { allocationBomb, endlessLoop } from '../support/hostile-onnx.ts';
import { bin, finished, model, openRegistryShell, runCli, startCli, type Run } from '../support/run-cli.ts';
import { fixture, flipBit } from '../support/temp-folder.ts';
import { noTerminal, runOnTerminal } from '../support/terminal.ts';

type BenchJson = BenchReport & { changed: boolean; id: string; subject: { ref: string; digest: string } };

const quick = ['--iterations', '120', '--warmup', '3', '--launches', '2'];
const benchOf = (run: Run): BenchJson => JSON.parse(run.stdout) as BenchJson;

test('bench measures a version and stores the result with it', async (t) => {
  const shell = await openRegistryShell(t);
  await shell.json('register', 'digits', model('digits_mlp'));
  await shell.json('promote', 'digits@1.0.0', '--to', 'production');
  const run = await shell.run(
    'bench',
    'digits@production',
    ...quick,
    '--batch',
    '4',
    '--threads',
    '1',
    '--json',
  );
  assert.equal(run.code, 0, run.stderr);
  const bench = benchOf(run);
  assert.equal(bench.subject.ref, 'digits@1.0.0');
  assert.equal(bench.status, 'ok');
  assert.equal(bench.changed, true);
  assert.equal(bench.latencyMs?.n, 120);
  assert.equal(typeof bench.latencyMs.p95?.value, 'number');
  assert.equal(bench.latencyMs.p99, null);
  assert.deepEqual(bench.input.shapes, { X: [4, 64] });
  assert.equal(bench.session.intraOpThreads, 1);
  const shown = JSON.parse((await shell.run('show', 'digits@1.0.0', '--json')).stdout) as {
    benches: BenchJson[];
  };
  assert.equal(shown.benches.length, 1);
  assert.equal(shown.benches[0]?.id, bench.id);
  assert.deepEqual(shown.benches[0]?.latencyMs, bench.latencyMs);
  const [event] = (await shell.json('history', 'digits', '--limit', '1')).events;
  assert.equal(event?.action, 'bench');
  assert.equal((await shell.run('verify')).code, 0);
});

test('too few runs for a percentile give null and a note', async (t) => {
  const shell = await openRegistryShell(t);
  await shell.json('register', 'digits', model('digits_mlp'));
  const bench = benchOf(await shell.run('bench', 'digits', '--iterations', '20', '--warmup', '1', '--json'));
  assert.equal(bench.latencyMs?.n, 20);
  assert.equal(bench.latencyMs.p95, null);
  assert.ok(
    bench.notes.some((note) => note.includes('p95')),
    bench.notes.join('\n'),
  );
});

test('a threshold that is exceeded ends with 5, the result on stdout and the reason on stderr', async (t) => {
  const shell = await openRegistryShell(t);
  await shell.json('register', 'digits', model('digits_mlp'));
  const slow = await shell.run('bench', 'digits', ...quick, '--max-p95', '1us', '--json');
  assert.equal(slow.code, 5);
  assert.equal(benchOf(slow).gates[0]?.verdict, 'fail');
  assert.equal(slow.error.code, 'GATE_FAILED');
  const fast = await shell.run('bench', 'digits', ...quick, '--max-p95', '10s', '--json');
  assert.equal(fast.code, 0, fast.stderr);
  assert.equal(benchOf(fast).gates[0]?.verdict, 'pass');
});

test('outputs that are no tensors are skipped by name, and external data is found', async (t) => {
  const shell = await openRegistryShell(t);
  await shell.json('register', 'iris', model('iris_zipmap'));
  const iris = benchOf(await shell.run('bench', 'iris', ...quick, '--json'));
  assert.deepEqual(iris.outputs.skipped, ['probabilities']);
  await shell.json('register', 'conv', fixture('digits_conv_external'));
  const conv = await shell.run('bench', 'conv', ...quick, '--shape', 'batch=2', '--json');
  assert.equal(conv.code, 0, conv.stderr);
  assert.deepEqual(benchOf(conv).input.shapes, { image: [2, 1, 8, 8] });
});

test('a flipped byte in the blob is found before anything is run', async (t) => {
  const shell = await openRegistryShell(t);
  const { files } = await shell.json('register', 'digits', model('digits_mlp'));
  const blob = join(shell.cwd, 'registry', 'blobs', 'sha256', files[0]?.digest.slice('sha256:'.length) ?? '');
  flipBit(blob);
  const error = await shell.fails(6, 'bench', 'digits', ...quick);
  assert.equal(error.code, 'INTEGRITY');
});

test('what is no ONNX model, and options that make no sense, end with 2', async (t) => {
  const shell = await openRegistryShell(t);
  await shell.json('register', 'cancer', fixture('breast_cancer_lr/model.joblib'));
  await shell.json('register', 'digits', model('digits_mlp'));
  await shell.fails(2, 'bench', 'cancer', ...quick);
  for (const bad of [
    ['--batch', '0'],
    ['--threads', 'many'],
    ['--duration', '5'],
    ['--iterations', '-1'],
    ['--shape', 'batch'],
    ['--shape', 'depth=3'],
    ['--range', 'X=1'],
    ['--max-p95', '20'],
    ['--memory-limit', '1'],
  ]) {
    await shell.fails(2, 'bench', 'digits', ...bad);
  }
  await shell.fails(3, 'bench', 'digits@9.9.9');
});

test('a model that never returns ends with 5 within its time, leaves a record, and the next bench works', async (t) => {
  const shell = await openRegistryShell(t);
  const path = join(shell.cwd, 'loop.onnx');
  writeFileSync(path, endlessLoop());
  await shell.json('register', 'loop', path);
  await shell.json('register', 'digits', model('digits_mlp'));
  const run = await shell.run('bench', 'loop', '--iterations', '1', '--timeout', '3s', '--json');
  assert.equal(run.code, 5, run.stderr);
  assert.equal(benchOf(run).status, 'timeout');
  const shown = JSON.parse((await shell.run('show', 'loop', '--json')).stdout) as { benches: BenchJson[] };
  assert.equal(shown.benches[0]?.status, 'timeout');
  assert.equal((await shell.run('bench', 'digits', ...quick)).code, 0);
  assert.equal((await shell.run('verify')).code, 0);
});

test('a model that takes too much memory while it loads ends with 5', async (t) => {
  const shell = await openRegistryShell(t);
  const path = join(shell.cwd, 'bomb.onnx');
  writeFileSync(path, allocationBomb());
  await shell.json('register', 'bomb', path);
  const run = await shell.run('bench', 'bomb', '--iterations', '1', '--memory-limit', '600MB', '--json');
  assert.equal(run.code, 5, run.stderr);
  assert.equal(benchOf(run).status, 'oom');
});

test('SIGINT ends a bench with 130 and leaves no temporary copy behind', async (t) => {
  const shell = await openRegistryShell(t);
  mkdirSync(join(shell.cwd, 'tmp'));
  const path = join(shell.cwd, 'loop.onnx');
  writeFileSync(path, endlessLoop());
  await shell.json('register', 'loop', path);
  const child = startCli(['bench', 'loop', '--json'], {
    cwd: shell.cwd,
    env: { TMPDIR: join(shell.cwd, 'tmp') },
  });
  const ended = finished(child);
  while (!readdirSync(join(shell.cwd, 'tmp')).some((name) => name.startsWith('mlreg-bench-'))) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  child.kill('SIGINT');
  const run = await ended;
  assert.equal(run.code, 130, run.stderr);
  assert.deepEqual(readdirSync(join(shell.cwd, 'tmp')), []);
  assert.equal((await shell.json('history', 'loop')).events.length, 1);
});

test('the copy of a bench that was killed goes with the next one; what may be in use stays', async (t) => {
  const shell = await openRegistryShell(t);
  const tmp = join(shell.cwd, 'tmp');
  mkdirSync(tmp);
  const path = join(shell.cwd, 'loop.onnx');
  writeFileSync(path, endlessLoop());
  await shell.json('register', 'loop', path);
  await shell.json('register', 'digits', model('digits_mlp'));
  const child = startCli(['bench', 'loop', '--json'], { cwd: shell.cwd, env: { TMPDIR: tmp } });
  const ended = finished(child);
  while (!readdirSync(tmp).some((name) => name.startsWith('mlreg-bench-')))
    await new Promise((resolve) => setTimeout(resolve, 20));
  child.kill('SIGKILL');
  await ended;
  const [left = ''] = readdirSync(tmp);
  assert.match(left, /^mlreg-bench-\d+\./);
  const [, start = '', rest = ''] = /^(mlreg-bench-\d+\.\d+)(.*)$/.exec(left) ?? [];
  const stay = [
    // Of this process, of another boot or container, and no folder.
    `mlreg-bench-${processMark()}-alive1`,
    `${start}.0123456789ab-abcdef`,
    `${start}${rest.replace(/-.*$/, '-linked')}`,
    'mlreg-bench-1abcde',
  ];
  for (const name of stay)
    if (name.endsWith('-linked')) symlinkSync(shell.cwd, join(tmp, name));
    else mkdirSync(join(tmp, name));
  const run = await runCli(['bench', 'digits', ...quick], { cwd: shell.cwd, env: { TMPDIR: tmp } });
  assert.equal(run.code, 0, run.stderr);
  assert.deepEqual(readdirSync(tmp).toSorted(), stay.toSorted());
});

test("ONNX Runtime's telemetry is off: it leaves no identifier, database or log", async (t) => {
  const shell = await openRegistryShell(t);
  await shell.json('register', 'digits', model('digits_mlp'));
  // No CI variable, which would switch it off as well.
  const env = { HOME: join(shell.cwd, 'user'), TMPDIR: join(shell.cwd, 'tmp') };
  for (const folder of Object.values(env)) mkdirSync(folder);
  const run = await runCli(['bench', 'digits', ...quick], { cwd: shell.cwd, env });
  assert.equal(run.code, 0, run.stderr);
  assert.deepEqual(readdirSync(env.TMPDIR), []);
  const left = readdirSync(env.HOME, { recursive: true, encoding: 'utf8' });
  assert.deepEqual(
    left.filter((path) => !/^\.cache(?:\/mlreg|$)/.test(path)),
    [],
  );
});

test('without ONNX Runtime a bench ends with 3 and says what to install, and other commands work', async (t) => {
  const shell = await openRegistryShell(t);
  await shell.json('register', 'digits', model('digits_mlp'));
  const root = join(dirname(bin), '..');
  const bare = join(shell.cwd, 'bare');
  mkdirSync(join(bare, 'node_modules'), { recursive: true });
  for (const name of ['bin', 'dist', 'package.json'])
    cpSync(join(root, name), join(bare, name), { recursive: true });
  symlinkSync(join(root, 'node_modules', 'better-sqlite3'), join(bare, 'node_modules', 'better-sqlite3'));
  const command: [string, string] = [process.execPath, join(bare, 'bin', 'mlreg.js')];
  const run = await runCli(['bench', 'digits', ...quick, '--json'], { cwd: shell.cwd, command });
  assert.equal(run.code, 3, run.stdout + run.stderr);
  assert.match(run.error.hint ?? '', /^npm install -g --ignore-scripts onnxruntime-node/);
  assert.equal((await runCli(['show', 'digits'], { cwd: shell.cwd, command })).code, 0);
});

test(
  'in a pipe a bench gives rows, on a terminal a table and a histogram',
  { skip: noTerminal },
  async (t) => {
    const shell = await openRegistryShell(t);
    await shell.json('register', 'digits', model('digits_mlp'));
    const piped = await shell.run('bench', 'digits', ...quick);
    assert.match(piped.stdout, /^ref\tdigits@1\.0\.0\n/);
    assert.match(piped.stdout, /^p95_ms\t[\d.e-]+\t/m);
    assert.equal(piped.stderr, '');
    const seen = await runOnTerminal(['bench', 'digits', ...quick], { cwd: shell.cwd });
    assert.match(seen.stdout, /LATENCY/);
    assert.match(seen.stdout, /█/);
  },
);
