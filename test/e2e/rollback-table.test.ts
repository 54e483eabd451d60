import assert from 'node:assert/strict';
import { test } from 'node:test';
import { model, openRegistryShell, type Shell } from '../support/run-cli.ts';

/** A, B, C and D of the table. */
const version: Record<string, string> = { A: '1.0.0', B: '2.0.0', C: '3.0.0', D: '4.0.0' };

async function registered(shell: Shell): Promise<void> {
  for (const number of Object.values(version)) {
    await shell.json('register', 'digits', model('digits_mlp'), '--version', number, '--if-exists', 'new');
  }
}

/** Who holds `digits@SELECTOR`, by its letter; `exit N` if that fails. */
async function holder(shell: Shell, selector: string): Promise<string> {
  const { code, stdout } = await shell.run('show', `digits@${selector}`, '--quiet');
  if (code !== 0) return `exit ${code}`;
  return Object.keys(version).find((letter) => stdout.trim() === `digits@${version[letter]}`) ?? stdout;
}

test('promote and rollback work as a stack, row by row', async (t) => {
  const shell = await openRegistryShell(t);
  await registered(shell);
  const promote = (letter: string) => ['promote', `digits@${version[letter]}`, '--to', 'production'];
  const rollback = ['rollback', 'digits'];
  const yankB = ['yank', `digits@${version['B']}`, '-m', 'unfit'];
  const rows: [
    title: string,
    commands: string[][],
    exit: number,
    changed: boolean,
    now: string,
    before: string,
  ][] = [
    ['promote A, B, C', [promote('A'), promote('B'), promote('C')], 0, true, 'C', 'B'],
    ['promote C', [promote('C')], 0, false, 'C', 'B'],
    ['rollback', [rollback], 0, true, 'B', 'A'],
    ['promote D', [promote('D')], 0, true, 'D', 'B'],
    ['rollback, rollback', [rollback, rollback], 0, true, 'A', 'exit 3'],
    ['rollback', [rollback], 4, false, 'A', 'exit 3'],
    ['promote B, promote A', [promote('B'), promote('A')], 0, true, 'A', 'B'],
    ['yank B, rollback', [yankB, rollback], 4, false, 'A', 'exit 3'],
    [
      'unyank B, demote',
      [
        ['unyank', `digits@${version['B']}`],
        ['demote', 'digits', '--stage', 'production'],
      ],
      0,
      true,
      'exit 3',
      'A',
    ],
    ['rollback', [rollback], 0, true, 'A', 'B'],
  ];
  for (const [title, commands, exit, changed, now, before] of rows) {
    for (const command of commands.slice(0, -1)) await shell.json(...command);
    const last = commands.at(-1) ?? [];
    if (exit === 0) assert.equal((await shell.json(...last)).changed, changed, title);
    else await shell.fails(exit, ...last);
    assert.equal(await holder(shell, 'production'), now, title);
    assert.equal(await holder(shell, 'production~1'), before, title);
  }
  const verified = await shell.json('verify');
  assert.equal(verified.ok, true);
});

test('a rollback goes several steps, or to a version, in one event, and only to what held the stage', async (t) => {
  const shell = await openRegistryShell(t);
  await registered(shell);
  for (const letter of ['A', 'B', 'C'])
    await shell.json('promote', `digits@${version[letter]}`, '--to', 'production');
  const error = await shell.fails(4, 'rollback', 'digits', '--to-version', '4.0.0');
  assert.match(error.hint ?? '', /mlreg promote digits@4\.0\.0 --to production/);
  await shell.fails(4, 'rollback', 'digits', '--steps', '3');
  assert.equal(await holder(shell, 'production'), 'C', 'nothing changes where it is impossible');
  const two = await shell.json('rollback', 'digits', '--steps', '2', '-m', 'both were wrong');
  assert.deepEqual([two.from, two.to, two.event?.action], ['3.0.0', '1.0.0', 'rollback']);
  await shell.json('promote', 'digits@2.0.0', '--to', 'production');
  await shell.json('promote', 'digits@3.0.0', '--to', 'production');
  const to = await shell.json('rollback', 'digits', '--to-version', 'v1.0.0', '--expect', '3.0.0');
  assert.deepEqual([to.from, to.to], ['3.0.0', '1.0.0']);
  const { events } = await shell.json('history', 'digits', '--stage', 'production');
  assert.equal(events.length, 7);
});

test('rollback --yank marks the version that goes out as unfit', async (t) => {
  const shell = await openRegistryShell(t);
  await registered(shell);
  for (const letter of ['A', 'B'])
    await shell.json('promote', `digits@${version[letter]}`, '--to', 'production');
  await shell.json('rollback', 'digits', '--yank', '-m', 'wrong labels');
  assert.match(JSON.stringify((await shell.json('show', 'digits@2.0.0')).yanked), /wrong labels/);
  assert.equal(await holder(shell, 'production'), 'A');
});
