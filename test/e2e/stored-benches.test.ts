import assert from 'node:assert/strict';
import { test } from 'node:test';
import { model, openRegistryShell } from '../support/run-cli.ts';
import { benchOf, digits, keep, list, measured } from '../support/stored-benches.ts';

test('stored runs are listed newest first, of all models, of one, of a version, and in pages', async (t) => {
  const shell = await digits(t);
  await shell.json('register', 'iris', model('iris_zipmap'));
  const empty = await list(shell);
  assert.deepEqual([empty.benches, empty.nextPage, empty.changed], [[], null, false]);
  const slow = await measured(shell, 'digits@1.0.0', '--iterations', '80', '--max-p95', '1ns');
  const other = await measured(shell, 'iris', '--iterations', '20');
  const pair = await measured(shell, 'digits@1.1.0', '--baseline', 'digits@1.0.0', '--iterations', '320');

  const { benches } = await list(shell);
  assert.deepEqual(
    benches.map(({ id, ref, mode, scenario, status, verdict, baseline }) => [
      id,
      ref,
      mode,
      scenario,
      status,
      verdict,
      baseline,
    ]),
    [
      [pair.id, 'digits@1.1.0', 'ab', 'single', 'ok', null, 'digits@1.0.0'],
      [other.id, 'iris@1.0.0', 'solo', 'single', 'ok', null, null],
      [slow.id, 'digits@1.0.0', 'solo', 'single', 'ok', 'fail', null],
    ],
  );
  const [last] = benches.slice(-1);
  assert.deepEqual(
    [last?.latencyMs?.n, last?.latencyMs?.p50?.value, last?.latencyMs?.p95?.value, last?.fingerprint],
    [80, slow.latencyMs?.p50?.value, slow.latencyMs?.p95?.value, slow.environment.fingerprint],
  );
  assert.equal(benches[1]?.latencyMs?.p95, null, '20 runs are too few');
  const ids = async (...args: string[]): Promise<string[]> =>
    (await list(shell, ...args)).benches.map(({ id }) => id);
  assert.deepEqual(await ids('digits'), [pair.id, slow.id]);
  assert.deepEqual(await ids('digits@1.0.0'), [slow.id]);
  assert.deepEqual(await ids('digits@latest'), [pair.id]);

  const first = await list(shell, '--limit', '2');
  const next = await list(shell, '--limit', '2', '--page', first.nextPage ?? '');
  assert.deepEqual(
    [...first.benches, ...next.benches].map(({ id }) => id),
    benches.map(({ id }) => id),
  );
  assert.equal(next.nextPage, null);
  assert.equal(
    (await shell.run('bench', '--list', '-q')).stdout,
    benches.map(({ id }) => `${id}\n`).join(''),
  );
  const rows = (await shell.run('bench', '--list', 'digits@1.0.0')).stdout.replace('\n', '').split('\t');
  assert.deepEqual([rows[0], rows[2], rows[9], rows.length], [slow.id, 'digits@1.0.0', 'fail', 15]);

  await shell.fails(3, 'bench', '--list', 'nothing');
  await shell.fails(3, 'bench', '--list', 'digits@9.9.9');
  for (const token of ['before:9', 'bench:x', 'bench:'])
    assert.match((await shell.fails(2, 'bench', '--list', '--page', token)).message, /invalid page token/);
  await shell.json('delete', 'digits@1.1.0', '--yes');
  assert.deepEqual(await ids('digits'), [slow.id]);
});

test('a stored run is shown as it was, verdicts and all, and its verdict is no failure of the look', async (t) => {
  const shell = await digits(t);
  const solo = await measured(
    shell,
    'digits@1.0.0',
    '--iterations',
    '300',
    '--max-p95',
    '1us',
    '--max-p50',
    '1m',
  );
  const pair = await measured(
    shell,
    'digits@1.1.0',
    '--baseline',
    'digits@1.0.0',
    '--iterations',
    '320',
    '--max-regression',
    '1%',
  );
  assert.deepEqual(
    solo.gates.map(({ verdict }) => verdict),
    ['pass', 'fail'],
  );
  for (const bench of [solo, pair]) {
    const shown = await shell.run('bench', '--show', bench.id, '--json');
    assert.deepEqual([shown.code, shown.stderr], [0, '']);
    assert.deepEqual(benchOf(shown), { ...bench, changed: false });
    assert.deepEqual(
      benchOf(await shell.run('bench', '--show', bench.id.slice(0, 8), '--json')).id,
      bench.id,
    );
    assert.deepEqual(
      benchOf(await shell.run('bench', '--show', bench.id.toUpperCase(), '--json')).id,
      bench.id,
    );
  }
  await shell.json('delete', 'digits@1.1.0', '--yes');
  assert.equal(
    (await shell.json('bench', '--show', pair.id)).id,
    pair.id,
    'what was measured is still known',
  );
});

test('what is no id, none, or the start of several is told apart', async (t) => {
  const shell = await digits(t);
  const nothing = await shell.fails(3, 'bench', '--show', 'abcd');
  assert.match(nothing.hint ?? '', /no benchmarks stored yet/);
  const bench = await measured(shell, 'digits@1.0.0', '--iterations', '20');
  const like = [1, 2].map((digit) => `abcd0000-0000-4000-8000-00000000000${digit}`);
  for (const id of like) await keep(t, shell, bench, { id });
  for (const option of ['--show', '--recheck']) {
    const args = option === '--show' ? [] : ['--max-p95', '1s'];
    for (const id of ['', 'abc', 'xyz1', '../..', `${like[0]}0`, '%'])
      assert.equal((await shell.fails(2, 'bench', option, id, ...args)).code, 'INVALID_INPUT', id);
    const several = await shell.fails(2, 'bench', option, 'abcd', ...args);
    assert.deepEqual(several.details, { ids: like });
    assert.match(several.hint ?? '', new RegExp(like.join(', ')));
    const unknown = await shell.fails(3, 'bench', option, 'ffff0000', ...args);
    assert.match(unknown.hint ?? '', /mlreg bench --list.*abcd0000-.*digits@1\.0\.0/);
  }
  const { stdout } = await shell.run('bench', '--list', '--markdown');
  for (const id of like) assert.match(stdout, new RegExp(`\`${id}\``), 'as much as tells them apart');
  assert.match(stdout, new RegExp(`\`${bench.id.slice(0, 8)}\``));
});

test('options that do not go together are refused by name, and nothing is looked for', async (t) => {
  const shell = await openRegistryShell(t);
  const refused: [message: RegExp, ...args: string[]][] = [
    [/missing required argument 'ref'/],
    [/missing required argument 'ref'/, '--max-p95', '1s'],
    [/--list and --show cannot be used together/, '--list', '--show', 'abcd'],
    [/--show and --recheck cannot be used together/, '--recheck', 'abcd', '--show', 'abcd'],
    [/--duration cannot be used with --list/, '--list', '--duration', '1s'],
    [/--max-p95 cannot be used with --list/, 'digits', '--list', '--max-p95', '1s'],
    [/--max-p95 cannot be used with --show/, '--show', 'abcd', '--max-p95', '1s'],
    [/--limit cannot be used with --show/, '--show', 'abcd', '--limit', '1'],
    [
      /--iterations cannot be used with --recheck/,
      '--recheck',
      'abcd',
      '--iterations',
      '9',
      '--max-p95',
      '1s',
    ],
    [/--baseline cannot be used with --recheck/, '--recheck', 'abcd', '--baseline', 'digits@1.0.0'],
    [/--show takes no reference/, 'digits', '--show', 'abcd'],
    [/--recheck takes no reference/, 'digits', '--recheck', 'abcd', '--max-p95', '1s'],
    [/--limit requires --list/, 'digits', '--limit', '1'],
    [/--page requires --list/, 'digits', '--page', 'bench:1'],
    [/needs a threshold/, '--recheck', 'abcd'],
    [/--stat requires --max-regression/, '--recheck', 'abcd', '--stat', 'p99'],
  ];
  for (const [message, ...args] of refused) {
    const error = await shell.fails(2, 'bench', ...args);
    assert.equal(error.code, 'USAGE');
    assert.match(error.message, message, args.join(' '));
  }
  assert.match((await shell.fails(2, 'bench', '--recheck', 'abcd')).hint ?? '', /--max-p95 20ms/);
  assert.match((await shell.fails(2, 'bench')).hint ?? '', /mlreg bench --help/);
});
