import assert from 'node:assert/strict';
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { plainWords, runByShell } from '../support/documented-commands.ts';
import { codeBlocks, guide } from '../support/guides.ts';
import { cleanEnv, model, openRegistryShell } from '../support/run-cli.ts';
import { fixture } from '../support/temp-folder.ts';

test('the commands of the guide to evaluation run in their order', async (t) => {
  const shell = await openRegistryShell(t);
  cpSync(fixture('digits_mlp/train.csv'), join(shell.cwd, 'train.csv'));
  for (const name of ['digits_mlp', 'digits_mlp_v2']) await shell.json('register', 'digits', model(name));
  await shell.json('promote', 'digits@1.0.0', '--to', 'production');
  const commands = codeBlocks(guide('evaluation'), 'sh').flatMap((block) => block.trim().split('\n'));
  assert.ok(commands.length >= 8);
  for (const command of commands) {
    const words = plainWords(command);
    if (words === undefined) {
      runByShell(command, { cwd: shell.cwd, env: cleanEnv({}) });
      continue;
    }
    const { code, stderr } = await shell.run(...words);
    assert.equal(code, 0, `${command}: ${stderr}`);
  }
  const { stdout } = await shell.run('show', 'digits@production', '--quiet');
  assert.equal(stdout, 'digits@1.1.0\n', 'the last command promoted it');
});
