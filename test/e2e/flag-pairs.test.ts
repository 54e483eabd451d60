import assert from 'node:assert/strict';
import { test } from 'node:test';
import { model, openRegistryShell, preparedShell } from '../support/run-cli.ts';

const digits = preparedShell(async (shell) => {
  await shell.json('register', 'digits', model('digits_mlp'));
});

test('flags that cannot both be obeyed are refused, and both are named', async (t) => {
  const shell = await digits(t);
  const cases: [args: string[], message: RegExp][] = [
    [['list', 'digits', '--all', '--limit', '1'], /--all and --limit cannot be used together/],
    [['list', '--all', '--limit', '1'], /--all and --limit cannot be used together/],
    [['list', '--all', '--page', 'after:a'], /--all and --page cannot be used together/],
    [['card', 'digits', '--force'], /--force requires -o FILE/],
  ];
  for (const [args, message] of cases) {
    const error = await shell.fails(2, ...args);
    assert.equal(error.code, 'USAGE');
    assert.match(error.message, message);
  }
  const both = await shell.run('show', 'digits', '--files', '--metadata');
  assert.deepEqual([both.code, both.stdout], [2, '']);
  assert.match(both.stderr, /--files and --metadata cannot be used together/);
  for (const flag of ['--files', '--metadata']) {
    const { code, stdout, stderr } = await shell.run('show', 'digits', '-q', flag);
    assert.deepEqual([code, stdout], [2, '']);
    assert.match(stderr, new RegExp(`${flag} and --quiet cannot be used together`));
  }
});

test('what is complete in JSON may be asked for in part all the same', async (t) => {
  const shell = await digits(t);
  for (const flags of [['--files'], ['--metadata'], ['--files', '--metadata']])
    assert.deepEqual(await shell.json('show', 'digits', ...flags), await shell.json('show', 'digits'));
});

test('a number that is taken by the same is that version, also where a new one was asked for', async (t) => {
  const shell = await digits(t);
  const exact = ['register', 'digits', model('digits_mlp'), '--version', '1.0.0'];
  assert.equal((await shell.json(...exact)).changed, false);
  assert.equal((await shell.json(...exact, '--if-exists', 'new')).changed, false, 'a job that is run again');

  await shell.json('yank', 'digits@1.0.0', '-m', 'unfit');
  const yanked = await shell.fails(4, ...exact);
  assert.match(yanked.message, /is yanked: unfit/);
  assert.match(yanked.hint ?? '', /--if-exists new instead of --version/);
  const both = await shell.fails(4, ...exact, '--if-exists', 'new');
  assert.match(both.hint ?? '', /--if-exists new instead of --version/);
  const again = await shell.fails(4, 'register', 'digits', model('digits_mlp'));
  assert.match(again.hint ?? '', /with --if-exists new$/);
  const free = await shell.json(
    'register',
    'digits',
    model('digits_mlp'),
    '--version',
    '3.0.0',
    '--if-exists',
    'new',
  );
  assert.deepEqual([free.changed, free.version], [true, '3.0.0']);
  // What the hints lead to.
  assert.equal(
    (await shell.json('register', 'digits', model('digits_mlp'), '--if-exists', 'new')).version,
    '3.0.1',
  );
});

test('a stage that is declared stays where it is, which is said', async (t) => {
  const shell = await openRegistryShell(t);
  assert.deepEqual((await shell.json('stage', 'add', 'qa')).stages, ['staging', 'production', 'qa']);
  const elsewhere = await shell.json('stage', 'add', 'qa', '--after', 'staging');
  assert.deepEqual([elsewhere.changed, elsewhere.stages], [false, ['staging', 'production', 'qa']]);
  assert.match(
    elsewhere.warnings.join(),
    /qa is already declared and was not moved.*staging, production, qa/,
  );
  for (const args of [['--after', 'production'], []]) {
    const there = await shell.json('stage', 'add', 'qa', ...args);
    assert.deepEqual([there.changed, there.warnings], [false, []]);
  }
  assert.match((await shell.fails(3, 'stage', 'add', 'qa', '--after', 'nosuch')).message, /"nosuch"/);
  const { stdout, stderr } = await shell.run('stage', 'add', 'qa');
  assert.equal(stdout, 'staging\nproduction\nqa\n');
  assert.equal(stderr, 'note: qa is already declared; nothing changed\n');
  assert.match(
    (await shell.run('stage', 'add', 'qa', '--after', 'staging')).stderr,
    /^warning: qa is already declared and was not moved.*\n$/,
  );
  assert.equal((await shell.run('stage', 'add', 'canary')).stderr, '');
});
