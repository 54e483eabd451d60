import assert from 'node:assert/strict';
import { test } from 'node:test';
import { model, preparedShell } from '../support/run-cli.ts';
import { fixture } from '../support/temp-folder.ts';
import { noTerminal, runOnTerminal } from '../support/terminal.ts';

const digitsShell = preparedShell(async (shell) => {
  for (const name of ['digits_mlp', 'digits_mlp_retrained', 'digits_mlp_v2'])
    await shell.json('register', 'digits', model(name), '--metadata', fixture(`${name}/metadata.json`));
  await shell.json('register', 'team/conv', fixture('digits_conv_external'));
  await shell.json('promote', 'digits@1.0.0', '--to', 'production');
  await shell.json('promote', 'digits@1.1.0', '--to', 'staging');
});

const lines = async (cwd: string, columns: number, ...args: string[]): Promise<string[]> =>
  (await runOnTerminal([...args, '--no-color'], { cwd, columns })).stdout.trimEnd().split('\n');

test('models have a column for each stage that one of them holds', { skip: noTerminal }, async (t) => {
  const shell = await digitsShell(t);
  const list = await lines(shell.cwd, 80, 'list');
  assert.match(list[0] ?? '', /^MODEL +LATEST +STAGING +PRODUCTION +VERSIONS$/);
  assert.match(list[1] ?? '', /^digits +1\.1\.0 +1\.1\.0 +1\.0\.0 +3$/);
  assert.match(list[2] ?? '', /^team\/conv +1\.0\.0 +1$/);
  assert.equal((list[1] ?? '').lastIndexOf('1.0.0'), (list[0] ?? '').indexOf('PRODUCTION'));
  await shell.json('demote', 'digits', '--stage', 'staging');
  assert.match((await lines(shell.cwd, 80, 'list'))[0] ?? '', /^MODEL +LATEST +PRODUCTION +VERSIONS$/);
});

test('more stages than have room stand in one column', { skip: noTerminal }, async (t) => {
  const shell = await digitsShell(t);
  const stages = ['a', 'b', 'c'].map((letter) => `${letter}-${'long'.repeat(6)}`);
  for (const stage of stages) {
    await shell.json('stage', 'add', stage);
    await shell.json('promote', 'team/conv@1.0.0', '--to', stage);
  }
  const narrow = await lines(shell.cwd, 80, 'list');
  assert.match(narrow[0] ?? '', /^MODEL +LATEST +STAGES +VERSIONS$/);
  assert.match(narrow[1] ?? '', /staging 1\.1\.0, production 1\.0\.0/);
  for (const line of narrow) assert.ok(line.length <= 80, line);
  const wide = await lines(shell.cwd, 160, 'list');
  for (const stage of stages) assert.ok(wide[0]?.includes(stage.toUpperCase()), stage);
});

test('versions have a mark under each stage that points at them', { skip: noTerminal }, async (t) => {
  const shell = await digitsShell(t);
  const [head = '', ...rows] = await lines(shell.cwd, 120, 'list', 'digits');
  assert.match(head, /^VERSION +STAGING +PRODUCTION +accuracy +f1_macro .*SIZE +REGISTERED +DIGEST$/);
  const marked = (stage: string): string[] =>
    rows.filter((row) => row[head.indexOf(stage)] === '●').map((row) => row.split(' ')[0] ?? '');
  assert.deepEqual([marked('STAGING'), marked('PRODUCTION')], [['1.1.0'], ['1.0.0']]);
});

test('what has no room goes, the digest before the first metric', { skip: noTerminal }, async (t) => {
  const shell = await digitsShell(t);
  await shell.json('yank', 'digits@1.0.1', '-m', 'unfit');
  for (const columns of [50, 60, 80, 100, 160]) {
    const rows = await lines(shell.cwd, columns, 'list', 'digits', '--all');
    for (const row of rows) assert.ok(row.length <= columns, row);
    assert.match(rows[0] ?? '', /^VERSION +STAGING +PRODUCT\S+ +accuracy/);
    assert.match(rows[2] ?? '', /^1\.0\.1 .*yanked$/);
    assert.equal(rows[0]?.includes('DIGEST'), columns >= 100, String(columns));
  }
});

test('a stage whose holder is not on the list is named below', { skip: noTerminal }, async (t) => {
  const shell = await digitsShell(t);
  await shell.json('yank', 'digits@1.0.0', '-m', 'unfit');
  const list = await lines(shell.cwd, 100, 'list', 'digits');
  assert.match(list[0] ?? '', /^VERSION +STAGING +accuracy/);
  assert.deepEqual(list.slice(-2), [
    'production points at 1.0.0 (not in this list)',
    '1 yanked version is not shown: --all',
  ]);
});

test('pipes and JSON are as before', async (t) => {
  const shell = await digitsShell(t);
  assert.equal(
    (await shell.run('list')).stdout,
    'digits\t1.1.0\t3\tstaging=1.1.0,production=1.0.0\nteam/conv\t1.0.0\t1\t\n',
  );
  const { models, ...rest } = await shell.json('list');
  assert.deepEqual(Object.keys(rest), ['schemaVersion', 'command', 'nextPage', 'warnings']);
  assert.deepEqual(models[0]?.stages, { staging: '1.1.0', production: '1.0.0' });
  const versions = await shell.json('list', 'digits');
  assert.deepEqual(Object.keys(versions), [
    'schemaVersion',
    'command',
    'name',
    'description',
    'owner',
    'versions',
    'yankedHidden',
    'nextPage',
    'warnings',
  ]);
  assert.equal((await shell.run('list', 'digits')).stdout.split('\n')[0]?.split('\t').length, 7);
});
