import assert from 'node:assert/strict';
import { test } from 'node:test';
import { model, openRegistryShell, openShell, runCli, type Shell } from '../support/run-cli.ts';
import { fixture } from '../support/temp-folder.ts';

const digest = /sha256:[0-9a-f]{64}/;
const iso = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/;

/** A registry with digits 1.0.0 in production and 1.0.1 in staging. */
async function digitsShell(shell: Shell): Promise<Shell> {
  await shell.json(
    'register',
    'digits',
    model('digits_mlp'),
    '--metadata',
    fixture('digits_mlp/metadata.json'),
  );
  await shell.json('register', 'digits', model('digits_mlp_retrained'));
  await shell.json('promote', 'digits@1.0.0', '--to', 'production', '-m', 'go');
  await shell.json('promote', 'digits@1.0.1', '--to', 'staging');
  return shell;
}

test('a pipe gets tabs, ISO times, no headings and no colour; --quiet the bare reference', async (t) => {
  const shell = await digitsShell(await openRegistryShell(t));
  const rows = async (...args: string[]): Promise<string[][]> => {
    const { code, stdout, stderr } = await shell.run(...args);
    assert.equal(code, 0, stderr);
    assert.equal(stderr, '');
    assert.doesNotMatch(stdout, /[\u001b✓]/);
    return stdout
      .trimEnd()
      .split('\n')
      .map((line) => line.split('\t'));
  };
  const quiet = async (...args: string[]): Promise<string> => (await shell.run(...args, '-q')).stdout;

  assert.deepEqual(await rows('list'), [['digits', '1.0.1', '2', 'staging=1.0.1,production=1.0.0']]);
  assert.equal(await quiet('ls'), 'digits\n');

  const versions = await rows('list', 'digits');
  assert.deepEqual(
    versions.map((row) => [row[0], row[4], row[5]]),
    [
      ['1.0.1', 'staging', ''],
      ['1.0.0', 'production', ''],
    ],
  );
  assert.match(versions[0]?.[1] ?? '', digest);
  assert.match(versions[0]?.[3] ?? '', iso);
  assert.match(versions[1]?.[6] ?? '', /^accuracy=0\.97\d+,/);
  assert.equal(await quiet('list', 'digits'), 'digits@1.0.1\ndigits@1.0.0\n');

  const facts = new Map((await rows('show', 'digits@production')).map(([key, ...rest]) => [key, rest]));
  assert.deepEqual(facts.get('ref'), ['digits@1.0.0']);
  assert.deepEqual(facts.get('stages'), ['production']);
  assert.deepEqual(facts.get('input'), ['X float32[batch,64]']);
  assert.match(facts.get('created')?.[0] ?? '', iso);
  assert.equal(await quiet('info', 'digits@production'), 'digits@1.0.0\n');
  assert.match((await rows('show', 'digits', '--files'))[0]?.join(' ') ?? '', /^model\.onnx 10054 sha256:/);
  const metadata = await shell.run('show', 'digits@1.0.0', '--metadata');
  assert.equal(JSON.parse(metadata.stdout).framework, 'scikit-learn 1.9.1');

  const history = await rows('history', 'digits', '--limit', '2');
  assert.deepEqual(
    history.map((row) => row.slice(3, 9)),
    [
      ['promote', 'digits', '1.0.1', 'staging', '', '1.0.1'],
      ['promote', 'digits', '1.0.0', 'production', '', '1.0.0'],
    ],
  );
  assert.match(history[0]?.[1] ?? '', iso);
  assert.match(await quiet('log', '--limit', '1'), /^[0-9a-f]{64}\n$/);
  assert.match(
    (await rows('history', '--stage', 'staging', '--at', '0s'))[0]?.join('\t') ?? '',
    /^digits\tstaging\t1\.0\.1\t2\S+\t2\S+Z$/,
  );

  assert.deepEqual(await rows('promote', 'digits@1.0.1', '--to', 'production'), [
    ['digits', 'production', '1.0.0', '1.0.1', '2', 'moved'],
  ]);
  assert.equal((await rows('promote', 'digits@1.0.1', '--to', 'production'))[0]?.at(-1), 'unchanged');
  assert.equal(await quiet('rollback', 'digits'), 'digits@1.0.0\n');
  assert.deepEqual(await rows('demote', 'digits', '--stage', 'staging'), [
    ['digits', 'staging', '1.0.1', '', '2', 'moved'],
  ]);

  const pulled = await rows('pull', 'digits@1.0.0', '-o', 'out');
  assert.equal(pulled[0]?.[0], `${shell.cwd}/out/model.onnx`);
  assert.equal(await quiet('pull', 'digits@1.0.0', '-o', 'out'), 'digits@1.0.0\n');
  assert.equal((await rows('verify'))[0]?.[0], 'ok');
  assert.equal(await quiet('fsck', 'digits@1.0.0'), '');
  assert.deepEqual(await rows('yank', 'digits@1.0.1', '-m', 'unfit'), [
    ['digits@1.0.1', 'yanked', 'changed'],
  ]);
  assert.equal(await quiet('unyank', 'digits@1.0.1'), 'digits@1.0.1\n');
  assert.match(
    (await rows('register', 'digits', model('digits_mlp_v2')))[0]?.join(' ') ?? '',
    /^digits@1\.1\.0 sha256:\w+ created minor /,
  );
  assert.equal(await quiet('register', 'digits', model('digits_mlp_v2')), 'digits@1.1.0\n');
  assert.deepEqual((await rows('init'))[0]?.at(-1), 'unchanged');
  assert.equal(await quiet('init'), `${shell.cwd}/registry\n`);
});

test('--json is one object with schemaVersion, command and warnings; changed where something can change', async (t) => {
  const shell = await digitsShell(await openRegistryShell(t));
  const reading = [['list'], ['list', 'digits'], ['show', 'digits'], ['history'], ['history', '--at', '0s']];
  for (const args of reading) {
    const result = await shell.json(...args);
    assert.equal(result.command, args[0]);
    assert.deepEqual(result.warnings, []);
  }
  const changing: [args: string[], changed: boolean][] = [
    [['init'], false],
    [['register', 'digits', model('digits_mlp_v2')], true],
    [['promote', 'digits@1.1.0', '--to', 'production'], true],
    [['rollback', 'digits'], true],
    [['demote', 'digits', '--stage', 'staging'], true],
    [['demote', 'digits', '--stage', 'staging'], false],
    [['pull', 'digits', '-o', 'out'], true],
    [['verify'], false],
    [['verify', 'digits@1.0.0'], false],
    [['yank', 'digits@1.1.0', '-m', 'unfit'], true],
    [['unyank', 'digits@1.1.0'], true],
  ];
  for (const [args, changed] of changing) {
    const result = await shell.json(...args);
    assert.equal(result.command, args[0]);
    assert.equal(result.changed, changed, args.join(' '));
    assert.ok(Array.isArray(result.warnings));
  }
});

test('an alias gives what the command gives, under its name', async (t) => {
  const shell = await digitsShell(await openRegistryShell(t));
  const aliases = [
    ['ls', 'list'],
    ['info', 'show', 'digits'],
    ['log', 'history'],
    ['fsck', 'verify'],
  ];
  for (const [alias = '', name = '', ...args] of aliases)
    assert.deepEqual(await shell.json(alias, ...args), await shell.json(name, ...args));
});

test('an empty registry lists an empty object, and nothing in a pipe', async (t) => {
  const shell = await openRegistryShell(t);
  const { stdout } = await shell.run('list', '--json');
  assert.deepEqual(JSON.parse(stdout), {
    schemaVersion: 1,
    command: 'list',
    models: [],
    nextPage: null,
    warnings: [],
  });
  assert.equal((await shell.run('list')).stdout, '');
  assert.equal((await shell.run('list', '-q')).stdout, '');
});

test('long lists come in pages; --all is every page', async (t) => {
  const shell = await openRegistryShell(t);
  for (let index = 0; index < 5; index += 1)
    await shell.json('register', 'digits', model('digits_mlp'), '--tag', `n=${index}`);
  const first = await shell.json('list', 'digits', '--limit', '2');
  const second = await shell.json('list', 'digits', '--limit', '2', '--page', first.nextPage ?? '');
  const third = await shell.json('list', 'digits', '--limit', '2', '--page', second.nextPage ?? '');
  assert.deepEqual(
    [first, second, third].flatMap(({ versions }) => versions.map(({ version }) => version)),
    ['1.0.4', '1.0.3', '1.0.2', '1.0.1', '1.0.0'],
  );
  assert.equal(third.nextPage, null);
  const all = await shell.json('list', 'digits', '--all');
  assert.deepEqual([all.versions.length, all.nextPage], [5, null]);
  await shell.fails(2, 'list', '--all', '--page', 'x');
  for (const args of [['list'], ['list', 'digits']]) {
    assert.match((await shell.fails(2, ...args, '--page', 'x')).message, /page/);
  }
});

test('--json with --quiet is refused, and so are both errors in one form', async (t) => {
  const shell = openShell(t);
  const { code, error, stdout } = await runCli(['list', '--json', '--quiet'], shell);
  assert.deepEqual([code, error.code, stdout], [2, 'USAGE', '']);
});
