import assert from 'node:assert/strict';
import { cpSync, existsSync, mkdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { model, openRegistryShell, openShell } from '../support/run-cli.ts';

const passing = ['tmp', 'trash', 'quarantine'];

test('a registry that git delivers, without its empty folders, can be written to', async (t) => {
  const kept = fileURLToPath(new URL('../format/registry-1', import.meta.url));
  for (const words of [
    ['register', 'added', model('digits_mlp')],
    ['gc', '--yes'],
    ['verify', '--repair'],
  ]) {
    const shell = openShell(t);
    const home = join(shell.cwd, 'registry');
    mkdirSync(home);
    cpSync(kept, home, { recursive: true });
    for (const name of passing) rmSync(join(home, name), { recursive: true, force: true });
    await shell.json('list');
    await shell.json('gc');
    for (const name of passing) assert.ok(!existsSync(join(home, name)), 'looking makes nothing');
    await shell.json(...words);
    await shell.json('doctor');
  }
});

test('a database that is made anew finds a place for its draft', async (t) => {
  const shell = await openRegistryShell(t);
  const home = join(shell.cwd, 'registry');
  for (const name of [...passing, 'mlreg.db']) rmSync(join(home, name), { recursive: true });
  await shell.json('list');
  assert.equal(statSync(join(home, 'tmp')).mode & 0o777, 0o700);
});
