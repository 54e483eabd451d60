import assert from 'node:assert/strict';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { model, openRegistryShell, openShell } from '../support/run-cli.ts';

test('no result is written over files of the registry, or into it', async (t) => {
  const shell = await openRegistryShell(t);
  await shell.json('register', 'digits', model('digits_mlp'), '--metric', 'accuracy=0.9');
  const before = readFileSync(join(shell.cwd, 'registry', 'mlreg.db'));
  for (const args of [
    ['card', 'digits@1.0.0', '--force', '-o'],
    ['policy', 'check', 'digits@1.0.0', '--to', 'staging', '--require', 'accuracy>=0.5', '--junit'],
  ]) {
    for (const target of ['registry/mlreg.db', 'registry/new.md']) {
      const { message } = await shell.fails(2, ...args, target);
      assert.match(message, /inside the registry/);
    }
    await shell.fails(3, ...args, 'nowhere/file');
  }
  assert.deepEqual(readFileSync(join(shell.cwd, 'registry', 'mlreg.db')), before);
  assert.equal(existsSync(join(shell.cwd, 'registry', 'new.md')), false);
  writeFileSync(join(shell.cwd, 'card.md'), 'old', { mode: 0o640 });
  await shell.json('card', 'digits@1.0.0', '--force', '-o', 'card.md');
  assert.match(readFileSync(join(shell.cwd, 'card.md'), 'utf8'), /^# `digits`/);
  assert.equal(statSync(join(shell.cwd, 'card.md')).mode & 0o777, 0o640);
});

test('a version that was approved, refused and forced is exported and imported with all of that', async (t) => {
  const shell = await openRegistryShell(t);
  await shell.json('register', 'digits', model('digits_mlp'), '--metric', 'accuracy=0.9');
  const to = ['digits@1.0.0', '--to', 'production'];
  writeFileSync(join(shell.cwd, 'policy.json'), '{"stages":{"production":{"onPromote":["/bin/false"]}}}');
  await shell.json('policy', 'apply', 'policy.json');
  await shell.json('approve', ...to, '-m', 'looked at it');
  assert.equal((await shell.run('promote', ...to, '--require', 'accuracy>=0.99')).code, 5);
  const forced = await shell.run('promote', ...to, '--require', 'accuracy>=0.99', '--force', '-m', 'a demo');
  assert.equal(forced.code, 0, forced.stderr);
  await shell.json('export', 'digits@1.0.0', '-o', 'digits.tar');
  await shell.json('init', 'elsewhere');
  const imported = await shell.json('import', 'digits.tar', '--registry', 'elsewhere');
  assert.equal(imported.changed, true);
  assert.equal((await shell.json('verify', '--registry', 'elsewhere')).ok, true);
});

test('the backup of a shared registry is shared', async (t) => {
  const shell = openShell(t);
  await shell.json('init', '--shared', 'team');
  await shell.json('backup', 'copy', '--registry', 'team');
  for (const file of ['.', 'blobs', 'tmp', 'mlreg.db', 'registry.json']) {
    const [own, copied] = ['team', 'copy'].map((home) => statSync(join(shell.cwd, home, file)).mode & 0o7777);
    assert.equal(copied, own, file);
  }
});

test('promoting the holder again says that no gate was judged', async (t) => {
  const shell = await openRegistryShell(t);
  await shell.json('register', 'digits', model('digits_mlp'), '--metric', 'accuracy=0.9');
  await shell.json('promote', 'digits@1.0.0', '--to', 'production');
  const args = ['promote', 'digits@1.0.0', '--to', 'production', '--require', 'accuracy>=2', '--json'];
  const { code, json } = await shell.run(...args);
  assert.deepEqual([code, json.changed], [0, false]);
  assert.match(
    json.warnings.join(),
    /gates were not run \(run them with mlreg policy check digits@1\.0\.0 --to production/,
  );
  await shell.json('bench', 'digits', '--iterations', '20', '--warmup', '1', '--launches', '1');
  assert.equal(
    (await shell.json('history', 'digits', '--gates', '--limit', '1')).events[0]?.action,
    'promote',
  );
});
