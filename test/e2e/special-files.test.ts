import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { bin, model, openRegistryShell, runCli } from '../support/run-cli.ts';
import { blobPath } from '../support/temp-registry.ts';

const windows = process.platform === 'win32' ? 'pipes of Windows have no path in a folder' : false;
/** Opening a pipe that nobody writes to waits for ever, deaf to signals but this one. */
const command: [string, ...string[]] = ['timeout', '-s', 'KILL', '30', process.execPath, bin];

test(
  'a pipe in place of registry.json is refused by every command, not opened',
  { skip: windows },
  async (t) => {
    const shell = await openRegistryShell(t);
    const { cwd } = shell;
    await shell.json('register', 'digits', model('digits_mlp'));
    const file = join(cwd, 'registry', 'registry.json');
    rmSync(file);
    execFileSync('mkfifo', [file]);
    const complete = await runCli(['__complete', '--', 'show', ''], { cwd, command });
    assert.deepEqual([complete.code, complete.stdout, complete.stderr], [0, '', '']);
    for (const words of [['list'], ['show', 'digits'], ['init'], ['gc'], ['doctor']]) {
      const { code, stderr } = await runCli(words, { cwd, command });
      assert.equal(code, 6, words.join(' '));
      assert.match(stderr, /error: .*".*registry\.json" is not a regular file/);
    }
  },
);

test('a pipe in place of a blob is damage', { skip: windows }, async (t) => {
  const shell = await openRegistryShell(t);
  const { cwd } = shell;
  const { digest } = (await shell.json('register', 'digits', model('digits_mlp'))).files[0] ?? { digest: '' };
  const blob = blobPath(join(cwd, 'registry'), digest);
  rmSync(blob);
  execFileSync('mkfifo', [blob]);
  for (const words of [
    ['verify'],
    ['pull', 'digits', '-o', 'pulled'],
    ['promote', 'digits@latest', '--to', 'staging'],
  ])
    assert.equal((await runCli(words, { cwd, command })).code, 6, words.join(' '));
  await shell.json('register', 'digits', model('digits_mlp'));
  assert.equal((await runCli(['verify'], { cwd, command })).code, 0, 'registering repaired it');
});
