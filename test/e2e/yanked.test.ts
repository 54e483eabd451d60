import assert from 'node:assert/strict';
import { test } from 'node:test';
import { model, openRegistryShell } from '../support/run-cli.ts';

test('what is yanked is found again by its number or its bytes, never by what passes it by', async (t) => {
  const shell = await openRegistryShell(t);
  const twice = ['register', 'digits', model('digits_mlp')];
  const { digest } = await shell.json(...twice);
  await shell.json(...twice, '--if-exists', 'new');
  await shell.json('yank', 'digits@1.0.0', '-m', 'unfit');
  for (const ref of ['digits@latest', 'digits@^1', 'digits@>=1 <2']) {
    const error = await shell.fails(2, 'unyank', ref);
    assert.equal(error.code, 'USAGE');
    assert.match(error.message, /skips yanked versions/);
    assert.match(error.hint ?? '', /mlreg unyank digits@1\.0\.0 .*mlreg list digits --all/);
  }
  const lifted = await shell.json('unyank', `digits@${digest}`);
  assert.deepEqual([lifted.ref, lifted.changed], ['digits@1.0.0', true]);
  const again = await shell.json('unyank', `digits@${digest}`);
  assert.deepEqual([again.ref, again.changed], ['digits@1.0.1', false], 'none is yanked: the highest');
  assert.equal((await shell.json('unyank', 'digits@1.0.0')).changed, false);
});

test('bytes that only yanked versions have say what they are, and that they are unfit', async (t) => {
  const shell = await openRegistryShell(t);
  const { digest } = await shell.json('register', 'digits', model('digits_mlp'));
  await shell.json('promote', 'digits@1.0.0', '--to', 'production');
  assert.deepEqual((await shell.json('pull', 'digits', '-o', 'out')).warnings, []);
  await shell.json('yank', 'digits@1.0.0', '-m', 'leaked labels');
  assert.equal((await shell.json('show', `digits@${digest}`)).ref, 'digits@1.0.0');
  for (const selector of [digest, '1.0.0', 'production']) {
    const pulled = await shell.json('pull', `digits@${selector}`, '-o', 'out');
    assert.deepEqual([pulled.changed, pulled.warnings], [false, ['digits@1.0.0 is yanked: leaked labels']]);
  }
  assert.match(
    (await shell.run('pull', 'digits@1.0.0', '-o', 'out')).stderr,
    /^warning: digits@1\.0\.0 is yanked/,
  );
});
