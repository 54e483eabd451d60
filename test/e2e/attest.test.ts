import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { model, openRegistryShell } from '../support/run-cli.ts';

test('attest writes a statement a line, also into a file, and the same each time', async (t) => {
  const shell = await openRegistryShell(t);
  await shell.json('register', 'digits', model('digits_mlp'), '--metric', 'accuracy=0.97');
  const missing = await shell.fails(3, 'attest', 'digits@1.0.0', '--stage', 'production');
  assert.match(missing.hint ?? '', /mlreg promote digits@1\.0\.0 --to production --require/);
  const hostile = '::error::\u202e##[group]\u0007';
  const require = ['--require', 'accuracy>=0.9', '-m', hostile];
  await shell.json('promote', 'digits@1.0.0', '--to', 'production', ...require);
  await shell.json('promote', 'digits@1.0.0', '--to', 'staging', '--require', 'size<1MB');

  const printed = await shell.run('attest', 'digits@production');
  const lines = printed.stdout.trimEnd().split('\n');
  assert.equal(lines.length, 4);
  const statements = lines.map((line) => JSON.parse(line) as { predicate: { mlreg: { message: string } } });
  assert.equal(statements[0]?.predicate.mlreg.message, hostile);
  for (const unsafe of ['\u202e', '\u0007', '##[']) assert.ok(!printed.stdout.includes(unsafe));
  const shown = (await shell.json('attest', 'digits@1.0.0')) as unknown as { statements: unknown[] };
  assert.deepEqual(shown.statements, statements);

  const one = ['attest', 'digits@1.0.0', '--stage', 'staging', '--predicate', 'promotion', '-o', 'it.json'];
  const path = join(shell.cwd, 'it.json');
  assert.equal((await shell.run(...one, '-q')).stdout, `${path}\n`);
  assert.deepEqual(JSON.parse(readFileSync(path, 'utf8')), statements[3]);
  writeFileSync(path, 'mine');
  await shell.fails(4, ...one);
  assert.equal(readFileSync(path, 'utf8'), 'mine');
  assert.equal((await shell.run(...one, '--force')).code, 0);
  assert.equal(readFileSync(path, 'utf8'), `${lines[3]}\n`);
  await shell.fails(2, 'attest', 'digits@1.0.0', '--predicate', 'slsa');
  await shell.fails(3, 'attest', 'digits@1.0.0', '-o', 'nowhere/it.json');
  await shell.fails(3, 'attest', 'digits@1.0.0', '-o', 'it.json/it.json');
});
