import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { test } from 'node:test';
import { bin, finished, model, openRegistryShell, runCli, startCli } from '../support/run-cli.ts';

const noShell = existsSync('/bin/bash') ? false : 'needs bash';
const noFull = existsSync('/dev/full') && noShell === false ? false : 'needs /dev/full and bash';

/** A bash script in which "$@" is the command. */
const script = (text: string): [string, ...string[]] => [
  '/bin/bash',
  '-c',
  text,
  'bash',
  process.execPath,
  bin,
];

test('a reader that goes away early is no failure', { skip: noShell }, async (t) => {
  const shell = await openRegistryShell(t);
  for (let index = 0; index < 3; index += 1)
    await shell.json('register', `model-${index}`, model('digits_mlp'));
  for (const [reader, lines] of [
    ['head -1', 1],
    ['true', 0],
  ] as const) {
    for (const args of [['list'], ['list', '--json'], ['show', 'model-0', '--json'], ['history']]) {
      const command = script(`set -o pipefail; "$@" | ${reader}`);
      const { code, stdout, stderr } = await runCli(args, { cwd: shell.cwd, command });
      assert.deepEqual([code, stderr], [0, ''], `${args.join(' ')} | ${reader}`);
      assert.equal(stdout.split('\n').length - 1, lines);
    }
  }
});

test('a commit stands when nobody reads its result', async (t) => {
  const shell = await openRegistryShell(t);
  const child = startCli(['register', 'digits', model('digits_mlp'), '--json'], shell);
  const end = finished(child);
  child.stdout?.destroy();
  const { code, stderr } = await end;
  assert.deepEqual([code, stderr], [0, '']);
  assert.equal((await shell.json('show', 'digits')).version, '1.0.0');
});

test('closed standard streams are no failure', { skip: noShell }, async (t) => {
  const shell = await openRegistryShell(t);
  const command = script('exec "$@" <&- >&- 2>&-');
  assert.equal(
    (await runCli(['register', 'digits', model('digits_mlp')], { cwd: shell.cwd, command })).code,
    0,
  );
  assert.equal((await shell.json('show', 'digits')).version, '1.0.0');
});

test(
  'a result that cannot be written is exit 8, and says that the change stands',
  { skip: noFull },
  async (t) => {
    const shell = await openRegistryShell(t);
    const command = script('exec "$@" >/dev/full');
    const { code, error } = await runCli(['register', 'digits', model('digits_mlp'), '--json'], {
      cwd: shell.cwd,
      command,
    });
    assert.deepEqual([code, error.code], [8, 'STORAGE']);
    assert.match(error.hint ?? '', /the command succeeded/);
    assert.equal((await shell.json('show', 'digits')).version, '1.0.0');
  },
);
