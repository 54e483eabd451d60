import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { model, openRegistryShell } from '../support/run-cli.ts';
import { benchOf, keep, quick } from '../support/stored-benches.ts';
import { add, reopen } from '../support/temp-registry.ts';
import { noTerminal, runOnTerminal } from '../support/terminal.ts';

test('a list that goes on says so on stderr, but for who set the limit', { skip: noTerminal }, async (t) => {
  const shell = await openRegistryShell(t);
  const registry = await reopen(t, join(shell.cwd, 'registry'));
  for (let index = 0; index < 51; index += 1)
    await add(registry, 'digits', model('digits_mlp'), { metadata: { tags: { n: String(index) } } });

  const lists = [
    [['list', 'digits'], '51'],
    [['history', 'digits'], '51'],
  ] as const;
  for (const [args, all] of lists) {
    for (const form of [[], ['-q']]) {
      const { code, stdout, stderr } = await shell.run(...args, ...form);
      assert.deepEqual([code, stdout.trimEnd().split('\n').length], [0, 50], args.join(' '));
      assert.match(stderr, /^note: showing 50; for more use --page '(?:below|before):[^']+'.*\n$/);
      const [, page = ''] = /--page '([^']+)'/.exec(stderr) ?? [];
      const last = await shell.run(...args, ...form, '--page', page);
      assert.deepEqual([last.stdout.trimEnd().split('\n').length, last.stderr], [1, '']);
      assert.equal((await shell.run(...args, ...form, '--limit', '50')).stderr, '', 'a limit is no surprise');
      assert.equal((await shell.run(...args, ...form, '--limit', all)).stderr, '');
    }
    assert.notEqual((await shell.json(...args)).nextPage, null);
    const terminal = await runOnTerminal([...args], { cwd: shell.cwd });
    assert.match(terminal.stdout, /more: repeat with --page/);
    assert.doesNotMatch(terminal.stdout, /note:/);
  }
  const everything = await shell.run('list', 'digits', '--all', '-q');
  assert.deepEqual([everything.stdout.trimEnd().split('\n').length, everything.stderr], [51, '']);

  const measured = benchOf(
    await shell.run('bench', 'digits@1.0.0', '--iterations', '10', ...quick, '--json'),
  );
  for (let index = 0; index < 50; index += 1) await keep(t, shell, measured, {});
  const benches = await shell.run('bench', '--list');
  assert.match(benches.stderr, /^note: showing 50; for more use --page 'bench:\d+'/);
  assert.equal((await shell.run('bench', '--list', '--limit', '50')).stderr, '');
});
