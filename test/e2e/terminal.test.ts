import assert from 'node:assert/strict';
import { test } from 'node:test';
import { model, openRegistryShell } from '../support/run-cli.ts';
import { noTerminal, runOnTerminal } from '../support/terminal.ts';
import { fixture } from '../support/temp-folder.ts';

test(
  'a terminal gets colours, aligned tables with headings and relative times',
  { skip: noTerminal },
  async (t) => {
    const { cwd } = await openRegistryShell(t);
    const onTerminal = (...args: string[]) => runOnTerminal(args, { cwd });
    const metadata = ['--metadata', fixture('digits_mlp/metadata.json')];
    const registered = await onTerminal('register', 'digits', model('digits_mlp'), ...metadata);
    assert.equal(registered.code, 0);
    assert.match(registered.stdout, /\u001b\[32m✓/);
    assert.match(registered.stdout, /mlreg promote digits@1\.0\.0 --to staging/, 'says what comes next');
    await onTerminal('register', 'digits', model('digits_mlp_retrained'), ...metadata);
    await onTerminal('promote', 'digits@1.0.0', '--to', 'production');
    const promoted = await onTerminal('promote', 'digits@1.0.1', '--to', 'production');
    assert.match(promoted.stdout, /mlreg rollback digits --stage production/, 'says how to undo it');

    const list = await runOnTerminal(['list', 'digits', '--no-color'], { cwd });
    assert.doesNotMatch(list.stdout, /\u001b/);
    const [head = '', ...rows] = list.stdout.trimEnd().split('\n');
    assert.match(head, /^VERSION +PRODUCTION +accuracy +f1_macro .*SIZE +REGISTERED +DIGEST$/);
    assert.equal(rows.length, 2);
    for (const row of rows) assert.equal(row.indexOf('sha256:'), head.indexOf('DIGEST'));
    assert.match(rows[0] ?? '', /just now/);

    const again = await onTerminal('register', 'digits', model('digits_mlp'), ...metadata);
    assert.match(again.stdout, /already registered as .*; nothing changed/);
    for (const args of [
      ['list'],
      ['show', 'digits', '--files'],
      ['history'],
      ['history', '--at', '0s'],
      ['verify'],
      ['init'],
      ['pull', 'digits', '-o', 'o'],
    ]) {
      const { code, stdout } = await onTerminal(...args);
      assert.equal(code, 0, stdout);
      assert.match(stdout, /\u001b\[/, args.join(' '));
    }
    const failed = await onTerminal('show', 'digits@9.9.9');
    assert.equal(failed.code, 3);
    assert.match(failed.stdout, /\u001b\[31merror:/);
    const json = await onTerminal('list', '--json');
    assert.match(json.stdout, /^\{\n {2}"schemaVersion": 1,\n/);
  },
);

test('no table is wider than the terminal where one column can give way', { skip: noTerminal }, async (t) => {
  const { cwd } = await openRegistryShell(t);
  const metadata = ['--metadata', fixture('digits_mlp/metadata.json')];
  const register = ['register', 'digits', model('digits_mlp'), ...metadata];
  const promote = ['promote', 'digits@1.0.0', '--to', 'staging', '-m', 'long '.repeat(30)];
  for (const args of [register, promote]) assert.equal((await runOnTerminal(args, { cwd })).code, 0);
  for (const columns of [80, 100]) {
    for (const args of [['list'], ['list', 'digits'], ['history']]) {
      const { stdout } = await runOnTerminal([...args, '--no-color'], { cwd, columns });
      for (const line of stdout.split('\n')) assert.ok(line.length <= columns, line);
      if (args[0] === 'history') assert.match(stdout, /…/);
    }
  }
});

test(
  'colours are off with --no-color before or after the command, NO_COLOR and TERM=dumb',
  { skip: noTerminal },
  async (t) => {
    const shell = await openRegistryShell(t);
    const { cwd } = shell;
    await shell.run('register', 'digits', model('digits_mlp'));
    const cases: [args: string[], env: Record<string, string>][] = [
      [['list', '--no-color'], {}],
      [['--no-color', 'list'], {}],
      [['list'], { NO_COLOR: '1' }],
      [['list'], { TERM: 'dumb' }],
      [['show', 'digits@9', '--no-color'], {}],
      [['frob', '--no-color'], {}],
    ];
    for (const [args, env] of cases) {
      const { stdout } = await runOnTerminal(args, { cwd, env });
      assert.doesNotMatch(stdout, /\u001b/, `${args.join(' ')} ${JSON.stringify(env)}`);
      assert.notEqual(stdout, '');
    }
  },
);

test('a yanked version that still holds a stage shows both', { skip: noTerminal }, async (t) => {
  const shell = await openRegistryShell(t);
  const { cwd } = shell;
  await shell.json('register', 'digits', model('digits_mlp'));
  await shell.json('promote', 'digits@1.0.0', '--to', 'production');
  await shell.json('yank', 'digits@1.0.0', '-m', 'unfit');
  const { stdout } = await runOnTerminal(['list', 'digits', '--all', '--no-color'], { cwd });
  assert.match(stdout, /^1\.0\.0 +● .* yanked$/m);
});
