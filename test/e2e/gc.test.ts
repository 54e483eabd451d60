import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { bundledScript } from '../support/bundled-script.ts';
import { cleanEnv, model, openRegistryShell, runCli, type Shell } from '../support/run-cli.ts';
import { noTerminal, runOnTerminal } from '../support/terminal.ts';

const now = ['gc', '--yes', '--older-than', '0s'];

async function withDeleted(shell: Shell): Promise<void> {
  await shell.json('register', 'digits', model('digits_mlp'));
  await shell.json('register', 'digits', model('digits_mlp_v2'));
  await shell.run('delete', 'digits@1.0.0', '--yes');
}

test('gc says what it would do, does it with --yes, and then there is nothing left', async (t) => {
  const shell = await openRegistryShell(t);
  await withDeleted(shell);
  const trash = (): string[] => readdirSync(join(shell.cwd, 'registry', 'trash'));
  assert.match((await shell.run('gc')).stdout, /^blobs\t0\t0\twould be removed$/m, 'a day has not passed');
  const look = await shell.run('gc', '--older-than', '0s');
  assert.match(look.stdout, /^blobs\t3\t10704\twould be removed\nleftovers\t0\t0\t/);
  assert.deepEqual(trash(), []);
  const quiet = await shell.run(...now, '-q');
  assert.match(quiet.stdout, /^(?:sha256:[0-9a-f]{64}\n){3}$/);
  assert.equal(trash().length, 3);
  const again = await runCli([...now, '--json'], { cwd: shell.cwd });
  assert.deepEqual([again.code, again.json.changed], [0, false]);
  const [event] = (await shell.json('history')).events;
  assert.equal(event?.action, 'collect');
  assert.equal((await shell.json('verify')).ok, true);
  await shell.fails(2, 'gc', '--older-than', '3 days');
});

test('on a terminal gc is a list of what goes, and how to do it', { skip: noTerminal }, async (t) => {
  const shell = await openRegistryShell(t);
  await withDeleted(shell);
  const { stdout } = await runOnTerminal(['gc', '--older-than', '0s'], { cwd: shell.cwd });
  assert.match(stdout, /would be removed:\s+3 files, 10\.7 kB: not used by any version/);
});

test('the second of two collectors exits 7; one whose holder was killed goes ahead', async (t) => {
  const shell = await openRegistryShell(t);
  await withDeleted(shell);
  const source = new URL('../../src/open-registry.ts', import.meta.url).href;
  const script = `
    const { openRegistry } = await import(${JSON.stringify(source)});
    const registry = await openRegistry('registry', { actor: 'x', waitMs: 0, now: Date.now });
    await registry.metadata.lease();
    console.log('held');
    setInterval(() => undefined, 1000);`;
  const holder = spawn(process.execPath, ['--input-type=module', '-e', script], { cwd: shell.cwd });
  await once(holder.stdout, 'data');
  const error = await shell.fails(7, ...now, '--wait', '0');
  assert.match(error.message, /another gc, backup or repair/);
  assert.equal((await shell.run('gc')).code, 0, 'looking needs no lease');
  holder.kill('SIGKILL');
  await once(holder, 'close');
  assert.equal((await shell.run(...now, '--wait', '0')).code, 0);
});

test('collecting while others register, and delete, the same bytes: all succeed, and nothing is missing', async (t) => {
  const shell = await openRegistryShell(t);
  const paths = [0, 1].map((index) => {
    const path = join(shell.cwd, `model-${index}.bin`);
    writeFileSync(path, `weights ${index}`);
    return path;
  });
  const script = bundledScript('../support/register-and-delete.ts', import.meta.url);
  const children = ['a', 'b', 'c'].map((name) =>
    spawn(process.execPath, [script, join(shell.cwd, 'registry'), name, '40', ...paths], {
      env: cleanEnv(),
      stdio: ['ignore', 'pipe', 'inherit'],
    }),
  );
  let running = children.length;
  const ended = children.map(async (child) => {
    const [code] = (await once(child, 'close')) as [number];
    running -= 1;
    assert.equal(code, 0);
  });
  while (running > 0) {
    const { code, stderr } = await runCli([...now, '--json', '--wait', '1m'], { cwd: shell.cwd });
    assert.equal(code, 0, stderr);
  }
  await Promise.all(ended);
  assert.equal((await shell.json('verify')).ok, true);
});
