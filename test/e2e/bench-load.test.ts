import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { BenchReport } from '../../src/bench/report/result.ts';
import { decodeSamples } from '../../src/bench/report/sample-codec.ts';
import { endlessLoop } from '../support/hostile-onnx.ts';
import { model, openRegistryShell, preparedShell, type Run } from '../support/run-cli.ts';
import { fixture } from '../support/temp-folder.ts';
import { reopen } from '../support/temp-registry.ts';
import { noTerminal, runOnTerminal } from '../support/terminal.ts';
import type { Listed } from '../support/stored-benches.ts';

const digits = preparedShell(async (shell) => {
  await shell.json('register', 'digits', model('digits_mlp'));
});

type BenchJson = BenchReport & { id: string };
const benchOf = (run: Run): BenchJson => JSON.parse(run.stdout) as BenchJson;
const quick = ['--warmup', '3', '--launches', '2', '--threads', '1'];

test('with a rate the latency is what callers wait for, its samples are stored, and the service stands beside them', async (t) => {
  const shell = await digits(t);
  const args = ['--rate', '200', '--concurrency', '2', '--iterations', '120', '--max-p95', '30s'];
  const run = await shell.run('bench', 'digits', ...quick, ...args, '--json');
  assert.equal(run.code, 0, run.stderr);
  const { id, mode, open, latencyMs, gates, plan } = benchOf(run);
  assert.deepEqual([mode, open?.scenario, open?.rate, open?.concurrency], ['open', 'server', 200, 2]);
  assert.deepEqual([plan.scenario, plan.rate, plan.concurrency, plan.asDeployed], ['server', 200, 2, false]);
  assert.deepEqual([open?.scheduled, open?.completed, open?.saturated], [120, 120, false]);
  assert.deepEqual(open?.response, latencyMs);
  assert.ok((open?.response?.p95?.value ?? 0) >= (open?.service.p95?.value ?? Infinity));
  assert.equal(gates[0]?.verdict, 'pass');

  const registry = await reopen(t, join(shell.cwd, 'registry'));
  const series = decodeSamples((await registry.metadata.samples(id)) ?? new Uint8Array());
  assert.deepEqual(
    series.map(({ arm, launch, latencyMs: { length } }) => [arm, launch, length]),
    [
      [0, 0, 60],
      [1, 0, 60],
      [0, 1, 60],
      [1, 1, 60],
    ],
  );
  const shown = JSON.parse((await shell.run('show', 'digits', '--json')).stdout) as { benches: BenchJson[] };
  assert.deepEqual(shown.benches[0]?.open, open);
  assert.equal((await shell.json('verify')).ok, true);
});

test('a rate beyond what can be done is saturated, and fails whatever the limit', async (t) => {
  const shell = await digits(t);
  const load = [...quick, '--rate', '500000', '--iterations', '2000'];
  const free = await shell.run('bench', 'digits', ...load, '--json');
  assert.equal(free.code, 0, free.stderr);
  assert.equal(benchOf(free).open?.saturated, true);
  const gated = await shell.run('bench', 'digits', ...load, '--max-p95', '10h', '--json');
  assert.equal(gated.code, 5);
  assert.equal(benchOf(gated).gates[0]?.verdict, 'fail');
  assert.match(gated.error.message, /saturated/);
  assert.match(gated.error.hint ?? '', /--rate/);
});

test('a stored load is listed, shown and judged again as it was, a saturated one never passes', async (t) => {
  const shell = await digits(t);
  const { id, gates } = benchOf(
    await shell.run(
      'bench',
      'digits',
      ...quick,
      '--rate',
      '200',
      '--iterations',
      '80',
      '--max-p95',
      '30s',
      '--json',
    ),
  );
  const again = benchOf(await shell.run('bench', '--recheck', id, '--max-p95', '30s', '--json'));
  assert.deepEqual(again.gates, gates);
  const markdown = await shell.run('bench', '--show', id, '--markdown');
  assert.match(markdown.stdout, /^Under a load: scenario `server at 200\/s with one session`; /m);
  assert.match((await shell.run('card', 'digits')).stdout, /`server at 200\/s with one session`/);

  const load = [...quick, '--rate', '500000', '--iterations', '2000'];
  const over = benchOf(await shell.run('bench', 'digits', ...load, '--json'));
  const refused = await shell.run('bench', '--recheck', over.id, '--max-p95', '10h', '--json');
  assert.equal(refused.code, 5, refused.stdout);
  assert.equal(benchOf(refused).gates[0]?.verdict, 'fail');
  assert.match(benchOf(refused).gates[0]?.reason ?? '', /^saturated: /);
  assert.match((await shell.run('card', 'digits')).stdout, /one session, saturated`/);
  const batch = benchOf(
    await shell.run('bench', 'digits', ...quick, '--iterations', '20', '--batch', '8', '--json'),
  );
  assert.equal(batch.status, 'ok');
  const { benches } = (await shell.json('bench', '--list')) as unknown as Listed;
  assert.deepEqual(
    benches.map(({ mode, scenario, batch: items, rate, concurrency }) => [
      mode,
      scenario,
      items,
      rate,
      concurrency,
    ]),
    [
      ['solo', 'single', 8, null, 1],
      ['open', 'server', null, 500_000, 1],
      ['open', 'server', null, 200, 1],
    ],
  );
  const shown = (await shell.run('bench', '--list', '--markdown')).stdout;
  assert.match(shown, /`solo batch 8`/);
  assert.match(shown, /`open server 200\/s`/);
});

test('a stored run as deployed can be shown and listed', async (t) => {
  const shell = await digits(t);
  const args = ['--as-deployed', '--iterations', '40', '--warmup', '3', '--launches', '1'];
  const { id, latencyMs } = benchOf(await shell.run('bench', 'digits', ...args, '--json'));
  const shown = await shell.run('bench', '--show', id, '--json');
  assert.equal(shown.code, 0, shown.stderr);
  assert.deepEqual(benchOf(shown).latencyMs, latencyMs);
  assert.match((await shell.run('bench', '--show', id, '--markdown')).stdout, /ONNX Runtime's own threads/);
  assert.match((await shell.run('bench', '--list', '--json')).stdout, /ONNX Runtime's own threads/);
});

test('every scenario gives a result', async (t) => {
  const shell = await digits(t);
  for (const [scenario, ...more] of [
    ['single', '--concurrency', '3'],
    ['multi', '--samples-per-query', '3'],
    ['server', '--rate', '1000'],
    ['offline', '--concurrency', '2', '--as-deployed'],
  ]) {
    const args = [
      '--scenario',
      scenario ?? '',
      ...more,
      '--warmup',
      '3',
      '--launches',
      '1',
      '--iterations',
      '30',
    ];
    const run = await shell.run('bench', 'digits', ...args, '--json');
    assert.equal(run.code, 0, run.stderr);
    const { open, latencyMs, status } = benchOf(run);
    assert.deepEqual([status, open?.scenario, latencyMs?.n], ['ok', scenario, 30]);
  }
  const single = benchOf(
    await shell.run('bench', 'digits', '--scenario', 'single', ...quick, '--iterations', '30', '--json'),
  );
  assert.deepEqual([single.mode, single.open], ['solo', null], 'as without the option');
});

test('what contradicts itself ends with 2, and the message names the option', async (t) => {
  const shell = await digits(t);
  for (const [args, message] of [
    [['--scenario', 'server'], /--rate/],
    [['--scenario', 'offline', '--rate', '5'], /--rate/],
    [['--scenario', 'batch'], /"batch"/],
    [['--rate', '0'], /--rate must be between .*, not 0/],
    [['--rate', 'fast'], /--rate "fast"/],
    [['--rate', '-1'], /-1/],
    [['--concurrency', '0'], /--concurrency must be .*, not "0"/],
    [['--samples-per-query', '4'], /--scenario multi/],
    [['--as-deployed', '--threads', '2'], /--threads/],
    [['--rate', '5', '--baseline', 'digits@1.0.0'], /--baseline .*server at 5\/s/],
    [['--concurrency', '2', '--baseline', 'digits@1.0.0'], /--baseline .*single, 2 at once/],
    [['--scenario', 'multi', '--profile'], /--profile .*multi, 8 samples per query/],
    [['--rate', '5', '--matrix', 'batch=1,2'], /--matrix .*server at 5\/s/],
  ] as [string[], RegExp][]) {
    const error = await shell.fails(2, 'bench', 'digits', ...args);
    assert.match(error.message, message, args.join(' '));
  }
});

test('a model that never returns ends in a timeout under a load, and leaves its record', async (t) => {
  const shell = await openRegistryShell(t);
  const path = join(shell.cwd, 'loop.onnx');
  writeFileSync(path, endlessLoop());
  await shell.json('register', 'loop', path);
  const run = await shell.run(
    'bench',
    'loop',
    '--rate',
    '10',
    '--concurrency',
    '2',
    '--timeout',
    '3s',
    '--json',
  );
  assert.equal(run.code, 5, run.stderr);
  assert.deepEqual([benchOf(run).status, benchOf(run).open], ['timeout', null]);
  assert.equal((await shell.run('verify')).code, 0);
});

test('latencies under a load are not ranked against those without', async (t) => {
  const shell = await digits(t);
  await shell.json('register', 'digits', model('digits_mlp_v2'));
  await shell.run('bench', 'digits@1.0.0', ...quick, '--iterations', '40');
  await shell.run('bench', 'digits@1.1.0', ...quick, '--iterations', '40', '--rate', '1000');
  const { benches } = JSON.parse(
    (await shell.run('compare', 'digits@1.0.0', 'digits@1.1.0', '--json')).stdout,
  ) as { benches: { comparable: boolean; reason: string } };
  assert.equal(benches.comparable, false);
  assert.match(benches.reason, /loads/);
});

test('in a pipe a load gives rows, on a terminal the rate that was kept', { skip: noTerminal }, async (t) => {
  const shell = await digits(t);
  const args = ['bench', 'digits', ...quick, '--rate', '100', '--iterations', '60'];
  const piped = await shell.run(...args);
  assert.match(piped.stdout, /^scenario\tserver\nrate\t100\n/m);
  assert.match(piped.stdout, /^service_p95_ms\t[\d.e-]+$/m);
  // On a busy machine even a low rate can be more than what can be done.
  assert.match(piped.stdout, /^saturated\t(?:true|false)$/m);
  const seen = await runOnTerminal(args, { cwd: shell.cwd });
  assert.match(seen.stdout, /server at 100\/s/);
  assert.match(seen.stdout, /runs\/s, utilisation/);
  const shown = await runOnTerminal(['show', 'digits'], { cwd: shell.cwd });
  assert.match(shown.stdout, /server at 100\/s with one session/);
});

test('a load is fed the golden set and one of its sessions is held to it; a mismatch is found before anything is timed', async (t) => {
  const shell = await openRegistryShell(t);
  await shell.json('register', 'digits', model('digits_mlp'), '--golden', fixture('digits_mlp/golden.json'));
  const args = ['--scenario', 'offline', '--concurrency', '2', '--iterations', '40'];
  const held = benchOf(await shell.run('bench', 'digits', ...quick, ...args, '--json'));
  assert.deepEqual([held.input.source, held.input.cases, held.outputs.match], ['golden', 2, true]);
  assert.deepEqual(
    held.gates.map(({ gate, verdict }) => [gate, verdict]),
    [['golden', 'pass']],
  );

  const golden = readFileSync(fixture('digits_mlp/golden.json'), 'utf8');
  const wrong = JSON.parse(golden) as { cases: { outputs: { probabilities: { data: number[] } } }[] };
  const { data } = wrong.cases[0]?.outputs.probabilities ?? { data: [] };
  data[3] = (data[3] ?? 0) + 0.5;
  writeFileSync(join(shell.cwd, 'wrong.json'), JSON.stringify(wrong));
  await shell.json('register', 'wrong', model('digits_mlp'), '--golden', 'wrong.json');
  const run = await shell.run('bench', 'wrong', ...quick, ...args, '--json');
  const { status, latencyMs, gates, id } = benchOf(run);
  assert.deepEqual([run.code, status, latencyMs, gates[0]?.verdict], [5, 'error', null, 'fail']);
  assert.match(gates[0]?.reason ?? '', /"probabilities"\[0,3\].*before timing/);
  assert.equal(benchOf(await shell.run('bench', '--show', id, '--json')).status, 'error');
});
