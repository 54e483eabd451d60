import assert from 'node:assert/strict';
import { cpSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { plainWords } from '../support/documented-commands.ts';
import { codeBlocks, guide } from '../support/guides.ts';
import { model, openRegistryShell } from '../support/run-cli.ts';
import { fixture } from '../support/temp-folder.ts';

test('the commands of the guide to monitoring run in their order', async (t) => {
  const shell = await openRegistryShell(t);
  cpSync(fixture('digits_mlp/train.csv'), join(shell.cwd, 'train.csv'));
  await shell.json('register', 'digits', model('digits_mlp'));
  await shell.json('promote', 'digits@1.0.0', '--to', 'production');
  const [policy = ''] = codeBlocks(guide('monitoring'), 'json');
  writeFileSync(join(shell.cwd, 'policy.json'), policy);
  const commands = codeBlocks(guide('monitoring'), 'sh').flatMap((block) => block.trim().split('\n'));
  assert.ok(commands.length >= 6);
  for (const command of commands) {
    const { code, stderr } = await shell.run(...(plainWords(command) ?? []));
    assert.equal(code, 0, `${command}: ${stderr}`);
  }
});
