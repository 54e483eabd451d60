import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { noMounts, withMounts } from '../support/mounts.ts';
import { bin, cleanEnv, model, openRegistryShell } from '../support/run-cli.ts';

test('backup makes a home that commands use, and says which moment it is of', async (t) => {
  const shell = await openRegistryShell(t);
  await shell.json('register', 'digits', model('digits_mlp'));
  const quiet = await shell.run('backup', 'copies/one', '-q');
  assert.equal(quiet.stdout, `${join(shell.cwd, 'copies', 'one')}\n`);
  assert.equal((await shell.run('list', '--registry', 'copies/one', '-q')).stdout, 'digits\n');
  const result = (await shell.json('backup', 'copies/two')) as unknown as {
    changed: boolean;
    checkpoint: { seq: number; hash: string };
  };
  const [last] = (await shell.json('history')).events;
  assert.deepEqual([result.changed, result.checkpoint.hash], [true, last?.hash]);
  await shell.fails(4, 'backup', 'copies');
  await shell.fails(4, 'backup', 'copies/one');
  await shell.fails(2, 'backup', '');
  writeFileSync(join(shell.cwd, 'file'), 'x');
  await shell.fails(2, 'backup', 'file');
  await shell.fails(3, 'backup', 'three', '--registry', 'none');
});

test('a backup that is killed leaves nothing under the name, and another one can be made', async (t) => {
  const shell = await openRegistryShell(t);
  writeFileSync(join(shell.cwd, 'large.bin'), Buffer.alloc(40_000_000, 'weights'));
  await shell.json('register', 'large', 'large.bin');
  const child = spawn(process.execPath, [bin, 'backup', 'copy'], { cwd: shell.cwd, env: cleanEnv() });
  const partial = (): string | undefined =>
    readdirSync(shell.cwd).find((name) => name.startsWith('copy.partial-'));
  while (partial() === undefined && child.exitCode === null) await new Promise(setImmediate);
  child.kill('SIGKILL');
  await once(child, 'close');
  assert.ok(partial() !== undefined);
  assert.equal(existsSync(join(shell.cwd, 'copy')), false);
  assert.equal((await shell.run('backup', 'copy', '--wait', '0')).code, 0, 'the lease went with its process');
  assert.equal((await shell.json('verify', '--registry', 'copy')).ok, true);
});

test('a backup to a full disk exits 8 and leaves nothing', { skip: noMounts }, async (t) => {
  const shell = await openRegistryShell(t);
  writeFileSync(join(shell.cwd, 'large.bin'), Buffer.alloc(4_000_000, 'weights'));
  await shell.json('register', 'large', 'large.bin');
  await shell.run('backup', 'disk');
  const [full, left, mountPoint] = await withMounts(
    shell.cwd,
    `rm -r disk && mkdir disk && mount -t tmpfs -o size=2m tmpfs disk || exit 1
answer mlreg backup disk/copy
answer ls -A disk
answer mlreg backup disk
`,
  );
  assert.match(full ?? '', /^8 .*the disk is full/);
  assert.doesNotMatch(left ?? '', /copy/);
  assert.match(mountPoint ?? '', /^2 .*cannot replace.*use a folder inside it/);
});
