import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { stripVTControlCharacters } from 'node:util';
import { bin, cleanEnv, model, openRegistryShell, openShell, runCli } from '../support/run-cli.ts';
import { fixture } from '../support/temp-folder.ts';
import { noTerminal, runOnTerminal } from '../support/terminal.ts';

test('global options stand before or after the command', async (t) => {
  const shell = openShell(t);
  const registry = ['--registry', 'models'];
  assert.equal((await shell.json(...registry, 'init')).changed, true);
  assert.equal((await shell.json('init', ...registry)).changed, false);
  assert.ok(existsSync(join(shell.cwd, 'models', 'registry.json')));
  await shell.json(...registry, '--actor', 'ada', 'register', 'a', model('digits_mlp'));
  await shell.json(
    'register',
    'a',
    model('digits_mlp_v2'),
    '--registry=models',
    '--actor=grace',
    '--wait',
    '5s',
  );
  const { stdout } = await shell.run('--json', ...registry, 'history', 'a');
  const { events } = JSON.parse(stdout) as { events: { actor: string }[] };
  assert.deepEqual(
    events.map(({ actor }) => actor),
    ['grace', 'ada'],
  );
  assert.equal((await shell.run('-q', 'list', ...registry)).stdout, 'a\n');
  assert.equal((await shell.run('list', '-q', ...registry)).stdout, 'a\n');
  await shell.fails(3, '--registry', 'models', 'list', '--registry', 'elsewhere');
});

test('the registry is the flag, MLREG_REGISTRY, or the nearest one above', async (t) => {
  const shell = await openRegistryShell(t);
  await shell.json('register', 'near', model('digits_mlp'));
  const below = join(shell.cwd, 'a', 'b');
  mkdirSync(below, { recursive: true });
  assert.equal((await runCli(['list', '-q'], { cwd: below })).stdout, 'near\n');
  const env = { MLREG_REGISTRY: join(shell.cwd, 'other') };
  assert.equal((await runCli(['init'], { cwd: below, env })).code, 0);
  assert.equal((await runCli(['list', '-q'], { cwd: below, env })).stdout, '');
  assert.equal(
    (await runCli(['list', '-q', '--registry', '../../registry'], { cwd: below, env })).stdout,
    'near\n',
  );
  const { code, error } = await runCli(['list', '--json'], {
    cwd: below,
    env: { MLREG_REGISTRY: 's3://models' },
  });
  assert.deepEqual([code, error.code], [2, 'USAGE']);
});

test('without a registry, reading and writing exit 3 and say how to make one', async (t) => {
  const shell = openShell(t);
  for (const args of [
    ['list'],
    ['register', 'a', model('digits_mlp')],
    ['verify'],
    ['promote', 'a@1.0.0', '--to', 'staging'],
  ]) {
    const error = await shell.fails(3, ...args);
    assert.equal(error.code, 'NOT_FOUND');
    assert.match(error.hint ?? '', /mlreg init/);
  }
  assert.deepEqual(readdirSync(shell.cwd), [], 'nothing is made by the way');
});

test('an empty path, as an unset shell variable leaves it, never means the working folder', async (t) => {
  const shell = openShell(t);
  for (const args of [
    ['init', ''],
    ['init', '--registry', ''],
    ['--registry', '', 'init'],
    ['list', '--registry='],
  ])
    assert.equal((await shell.fails(2, ...args)).code, 'USAGE');
  assert.deepEqual(readdirSync(shell.cwd), []);
  await shell.json('init');
  await shell.json('register', 'a', model('digits_mlp'));
  await shell.fails(2, 'pull', 'a', '-o', '');
  await shell.fails(2, 'register', 'a', model('digits_mlp_v2'), '--data', '');
  assert.deepEqual(readdirSync(shell.cwd), ['registry']);
});

test('the next step that init prints works as typed', { skip: noTerminal }, async (t) => {
  const shell = openShell(t);
  const { stdout } = await runOnTerminal(['init', 'models/first one'], { cwd: shell.cwd });
  const typed = /mlreg register NAME PATH(.*)/.exec(stripVTControlCharacters(stdout))?.[1] ?? '';
  assert.equal(typed, " --registry 'models/first one'");
  const register = ['register', 'digits', model('digits_mlp')];
  await shell.json(...register, '--registry', 'models/first one');
  const within = await runCli([...register, '--json'], { cwd: join(shell.cwd, 'models', 'first one') });
  assert.equal(within.json.changed, false, 'the current folder is found when it is a registry');
});

test('init takes the folder as an argument or an option, not both', async (t) => {
  const shell = openShell(t);
  await shell.fails(2, 'init', 'a', '--registry', 'b');
  assert.equal((await shell.json('init', 'a')).registry, join(shell.cwd, 'a'));
  assert.deepEqual(readdirSync(shell.cwd), ['a']);
});

test('the actor is --actor, MLREG_ACTOR, the CI user', async (t) => {
  const shell = await openRegistryShell(t);
  const register = async (tag: string, env: Record<string, string>, ...args: string[]) => {
    const run = await runCli(['register', 'a', model('digits_mlp'), '--tag', `n=${tag}`, ...args], {
      cwd: shell.cwd,
      env,
    });
    assert.equal(run.code, 0, run.stderr);
  };
  await register('1', { GITHUB_ACTOR: 'octocat' });
  await register('2', { GITHUB_ACTOR: 'octocat', MLREG_ACTOR: 'bot' });
  await register('3', { GITHUB_ACTOR: 'octocat', MLREG_ACTOR: 'bot' }, '--actor', 'ada');
  const { events } = await shell.json('history', 'a');
  assert.deepEqual(
    events.map(({ actor }) => actor),
    ['ada', 'bot', 'octocat'],
  );
  await shell.fails(2, 'yank', 'a@1.0.0', '-m', 'x', '--actor', '');
});

test('--version after register is the number of the version; of the program it is mlreg’s own', async (t) => {
  const shell = await openRegistryShell(t);
  const own = await shell.run('--version');
  assert.match(own.stdout, /^\d+\.\d+\.\d+\n$/);
  for (const args of [['-v'], ['version'], ['version', '--quiet']])
    assert.equal((await shell.run(...args)).stdout, own.stdout, args.join(' '));
  const registered = await shell.json('register', 'a', model('digits_mlp'), '--version', 'v4.5.6');
  assert.deepEqual([registered.version, registered.bump], ['4.5.6', 'explicit']);
  assert.equal(
    (await shell.json('register', '--version', '5.0.0-rc.1', 'a', model('digits_mlp_v2'))).version,
    '5.0.0-rc.1',
  );
  assert.equal((await shell.json('show', 'a')).version, '4.5.6', 'a prerelease is not the latest');
  await shell.fails(2, 'register', 'a', model('digits_mlp'), '--version', '6.0.0', '--bump', 'major');
});

test('repeatable options take one value each time and never the path', async (t) => {
  const shell = await openRegistryShell(t);
  const train = fixture('digits_mlp/train.csv');
  const data = ['--data', `train=${train}`, '--data-hash', `test=md5:${'0'.repeat(32)}`];
  const numbers = ['--metric', 'auc=0.9', '--metric', 'f1=1e-3', '--param', 'lr=0.1', '--param', 'name=x=y'];
  const tags = ['--tag', 'team=vision', '--tag', 'empty=', '--data-uri', 'train=s3://bucket/train.csv'];
  const result = await shell.json('register', ...data, ...numbers, ...tags, 'a', model('digits_mlp'));
  assert.deepEqual(
    result.data.map(({ name, uri }) => [name, uri]),
    [
      ['train', 's3://bucket/train.csv'],
      ['test', undefined],
    ],
  );
  const { metadata } = await shell.json('show', 'a');
  assert.deepEqual(metadata.metrics, { auc: 0.9, f1: 0.001 });
  assert.deepEqual(metadata.params, { lr: 0.1, name: 'x=y' });
  assert.deepEqual(metadata.tags, { team: 'vision', empty: '' });
  await shell.fails(2, 'register', 'a', '--data', train, '--json');
  const child = await shell
    .json('register', 'b', model('digits_mlp'), '--parent', 'a@^4', '--parent', 'a')
    .catch(() => null);
  assert.equal(child, null, 'a parent that is not there');
  const made = await shell.json('register', 'b', model('digits_mlp'), '--parent', 'a');
  assert.deepEqual(made.parents, ['a@1.0.0']);
  assert.deepEqual((await shell.json('show', 'a@1.0.0')).children, ['b@1.0.0']);
});

test('flags override the metadata file', async (t) => {
  const shell = await openRegistryShell(t);
  const file = fixture('digits_mlp/metadata.json');
  await shell.json(
    'register',
    'a',
    model('digits_mlp'),
    '--metadata',
    file,
    '--metric',
    'accuracy=0.5',
    '--tag',
    'new=1',
  );
  const { metadata } = await shell.json('show', 'a');
  assert.equal(metadata.metrics?.['accuracy'], 0.5);
  assert.ok(Object.keys(metadata.metrics ?? {}).length > 1, 'the others stay');
  assert.equal(metadata.tags?.['new'], '1');
});

test(
  'a working folder that is gone is an error in three parts',
  { skip: process.platform === 'win32' },
  async (t) => {
    const shell = openShell(t);
    const gone = join(shell.cwd, 'gone');
    mkdirSync(gone);
    const command: [string, ...string[]] = [
      '/bin/sh',
      '-c',
      'rmdir ../gone; exec "$0" "$@"',
      process.execPath,
    ];
    const { code, error } = await runCli([bin, 'list', '--json'], { cwd: gone, command });
    assert.deepEqual([code, error.code], [3, 'NOT_FOUND']);
    assert.notEqual(error.hint, null);
    rmSync(gone, { recursive: true, force: true });
  },
);

test('a registry can be moved', async (t) => {
  const shell = await openRegistryShell(t);
  await shell.json('register', 'a', model('digits_mlp'));
  renameSync(join(shell.cwd, 'registry'), join(shell.cwd, 'elsewhere'));
  assert.equal((await shell.json('verify', '--registry', 'elsewhere')).ok, true);
  assert.equal((await shell.json('pull', 'a', '-o', 'out', '--registry', 'elsewhere')).changed, true);
});

const noGit = spawnSync('git', ['--version']).status === 0 ? false : 'needs git';

test(
  'in a git work tree the commit is recorded, and whether it is dirty; --no-git leaves it out',
  { skip: noGit },
  async (t) => {
    const shell = await openRegistryShell(t);
    const git = (...args: string[]): string => {
      const identity = ['-c', 'user.name=a', '-c', 'user.email=a@example.com', '-c', 'commit.gpgsign=false'];
      return execFileSync('git', [...identity, ...args], {
        cwd: shell.cwd,
        env: cleanEnv(),
        encoding: 'utf8',
      }).trim();
    };
    const register = (...args: string[]) =>
      shell.json('register', 'a', model('digits_mlp'), '--if-exists', 'new', ...args);
    assert.equal((await register()).source, null, 'no work tree');
    git('init', '-q');
    writeFileSync(join(shell.cwd, 'train.py'), 'pass');
    git('add', 'train.py');
    assert.equal((await register()).source, null, 'no commit yet');
    git('commit', '-q', '-m', 'first');
    assert.deepEqual((await register()).source, { commit: git('rev-parse', 'HEAD'), dirty: false });
    writeFileSync(join(shell.cwd, 'train.py'), 'changed');
    assert.equal((await register()).source?.['dirty'], true);
    assert.equal((await register('--no-git')).source, null);
    assert.equal(git('status', '--porcelain', '--', 'registry'), '', 'the registry keeps itself out of git');
  },
);
