import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { model, openRegistryShell, runCli, type Shell } from '../support/run-cli.ts';
import { noTerminal, runOnTerminal } from '../support/terminal.ts';
import { fixture } from '../support/temp-folder.ts';

const pending: (() => void | Promise<void>)[] = [];
let shell: Shell;

before(async () => {
  shell = await openRegistryShell({ after: (action) => void pending.push(action) });
  const metadata = ['--metadata', fixture('digits_mlp/metadata.json')];
  await shell.json('register', 'digits', model('digits_mlp'), ...metadata);
  await shell.json('register', 'digits', model('digits_mlp_v2'));
  await shell.json('promote', 'digits@1.0.0', '--to', 'production', '-m', 'why '.repeat(40).trim());
});

test.after(async () => {
  for (const action of pending.toReversed()) await action();
});

/** With variables that this command alone gets. */
function withEnv(env: Record<string, string>, ...args: string[]) {
  return runCli(args, { cwd: shell.cwd, env });
}

const looking = [['list'], ['list', 'digits'], ['show', 'digits@1.0.0'], ['history'], ['stage', 'list']];

test(
  'a pipe gets with table what a terminal of that width gets without colours',
  { skip: noTerminal },
  async () => {
    for (const args of looking) {
      const { stdout } = await runOnTerminal([...args, '--no-color'], { cwd: shell.cwd, columns: 90 });
      for (const run of [
        await withEnv({ COLUMNS: '90' }, ...args, '--format', 'table'),
        await withEnv({ COLUMNS: '90' }, '--format=table', ...args),
        await withEnv({ COLUMNS: '90', MLREG_FORMAT: 'table' }, ...args),
      ])
        assert.deepEqual([run.code, run.stdout, run.stderr], [0, stdout, ''], args.join(' '));
    }
  },
);

test('a terminal gets with tsv what a pipe gets', { skip: noTerminal }, async () => {
  for (const args of looking) {
    const piped = await shell.run(...args);
    const { stdout } = await runOnTerminal([...args, '--format', 'tsv'], { cwd: shell.cwd });
    assert.equal(stdout, piped.stdout, args.join(' '));
    assert.equal((await shell.run(...args, '--format', 'tsv')).stdout, piped.stdout);
  }
});

test('a log loses nothing: without COLUMNS a table is as wide as its cells', async () => {
  const { stdout } = await shell.run('history', '--format', 'table');
  assert.match(stdout, new RegExp(`${'why '.repeat(39)}why$`, 'm'));
  assert.doesNotMatch(stdout, /why…|why …/);
});

test('--format json is --json, also for errors, and contradictions are refused', async () => {
  for (const args of looking) {
    const { stdout } = await shell.run(...args, '--json');
    for (const run of [
      await shell.run(...args, '--format', 'json'),
      await shell.run('--format', 'json', ...args, '--json'),
      await withEnv({ MLREG_FORMAT: 'json' }, ...args),
    ])
      assert.deepEqual([run.code, run.stdout, run.stderr], [0, stdout, '']);
  }
  for (const [args, env] of [
    [['show', 'digits@9', '--format', 'json'], {}],
    [['show', 'digits@9', '--format=json'], {}],
    [['show', 'digits@9'], { MLREG_FORMAT: 'json' }],
  ] as const)
    assert.equal((await withEnv(env, ...args)).error.code, 'NOT_FOUND');
  for (const args of [['frob'], ['show'], ['list', '--frob']])
    assert.equal((await withEnv({ MLREG_FORMAT: 'json' }, ...args)).error.code, 'USAGE', args.join(' '));
  for (const flags of [
    ['--json', '--format', 'tsv'],
    ['--json', '--format', 'table'],
    ['--quiet', '--format', 'json'],
    ['--quiet', '--format', 'table'],
    ['--format', 'xml'],
    ['--format', ''],
    ['--format', 'JSON'],
  ]) {
    const { code, stdout, stderr } = await shell.run('list', ...flags);
    assert.deepEqual([code, stdout], [2, ''], flags.join(' '));
    assert.match(stderr, flags.length === 2 ? /use table, tsv or json/ : /cannot be used together/);
  }
  const between = await shell.run('--format', 'tsv', 'list', '--json');
  assert.equal(between.code, 2, 'before and after the command alike');
});

test('a wrong MLREG_FORMAT is told before anything is done, unless a flag makes it irrelevant', async () => {
  const env = { MLREG_FORMAT: 'tabel' };
  const register = ['register', 'other', model('digits_mlp')];
  for (const args of [['list'], register, ['init', 'another'], ['doctor']]) {
    const { code, stdout, stderr } = await withEnv(env, ...args);
    assert.deepEqual([code, stdout], [2, ''], args.join(' '));
    assert.equal(stderr, 'error: invalid MLREG_FORMAT "tabel"\n  try: use table, tsv or json\n');
  }
  await shell.fails(3, 'list', 'other');
  for (const flags of [['--quiet'], ['--json'], ['--format', 'tsv'], ['--format', 'table']])
    assert.equal((await withEnv(env, 'list', ...flags)).code, 0, flags.join(' '));
  for (const args of [['--help'], ['help', 'ci'], ['list', '--help'], ['--version'], ['completion', 'bash']])
    assert.equal((await withEnv(env, ...args)).code, 0, args.join(' '));
});

test('scripts keep working in a job that sets MLREG_FORMAT', async () => {
  const documents = [
    ['list', '--quiet'],
    ['show', 'digits@production', '-q'],
    ['compare', 'digits@1.0.0', 'digits@1.1.0', '--markdown'],
    ['card', 'digits@1.0.0'],
    ['card', 'digits@1.0.0', '-o', '-'],
    ['completion', 'bash'],
    ['__complete', '--', 'show', 'dig'],
    ['schema', 'metadata'],
    ['history', '--checkpoint'],
    ['show', 'digits@1.0.0', '--metadata'],
    ['export', 'digits@1.0.0', '-o', '-'],
  ];
  for (const args of documents) {
    const { stdout } = await shell.run(...args);
    assert.notEqual(stdout, '', args.join(' '));
    for (const format of ['table', 'tsv', 'json']) {
      const run = await withEnv({ MLREG_FORMAT: format }, ...args);
      assert.deepEqual([run.code, run.stdout, run.stderr], [0, stdout, ''], `${format} ${args.join(' ')}`);
    }
  }
  const failed = await withEnv({ MLREG_FORMAT: 'json' }, 'show', 'digits@9', '--quiet');
  assert.match(failed.stderr, /^error: /);
  const archive = await shell.run('export', 'digits@1.0.0', '-o', '-', '--format', 'table');
  assert.deepEqual([archive.code, archive.stdout], [2, '']);
});

test('FORCE_COLOR colours tables, help and errors in a pipe, and nothing that is read', async () => {
  const env = { FORCE_COLOR: '1', NO_COLOR: '1' };
  assert.match((await withEnv(env, 'list', '--format', 'table')).stdout, /\u001b\[2mMODEL/);
  assert.match((await withEnv(env, 'list', '--help')).stdout, /^\u001b\[1mNAME/);
  const failed = await withEnv(env, 'show', 'digits@9');
  assert.match(failed.stderr, /^\u001b\[31merror:/, 'and Node adds no warning of its own');
  for (const args of [
    ['list'],
    ['list', '-q'],
    ['list', '--json'],
    ['list', '--format', 'table', '--no-color'],
  ]) {
    const { stdout, stderr } = await withEnv(env, ...args);
    assert.doesNotMatch(stdout + stderr, /\u001b/, args.join(' '));
  }
});

test('a progress bar needs a terminal that can redraw a line', { skip: noTerminal }, async () => {
  const bench = ['bench', 'digits@1.1.0', '--duration', '3s', '--launches', '1'];
  const seen = await runOnTerminal(bench, { cwd: shell.cwd });
  assert.match(seen.all, /\u001b\[\?25l/, 'there is one to hide');
  const dumb = await runOnTerminal(bench, { cwd: shell.cwd, env: { TERM: 'dumb' } });
  assert.doesNotMatch(dumb.all, /\u001b/);
  const piped = await withEnv({ FORCE_COLOR: '1' }, ...bench, '--format', 'table');
  assert.equal(piped.code, 0);
  assert.equal(piped.stderr, '');
});

test('the checkpoint of a job with MLREG_FORMAT can be verified', async () => {
  const { stdout } = await withEnv({ MLREG_FORMAT: 'json' }, 'history', '--checkpoint');
  const kept = JSON.parse(readFileSync(join(shell.cwd, 'registry', 'head'), 'utf8')) as { hash: string };
  assert.equal((JSON.parse(stdout) as { hash: string }).hash, kept.hash);
});
