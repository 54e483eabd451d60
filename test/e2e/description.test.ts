import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { openRegistryShell } from '../support/run-cli.ts';

const warning = 'using "@.env" as the description; to use the content of the file: --description-file ".env"';

test('a description is the text that was typed, also behind an at sign; a file has a flag of its own', async (t) => {
  const shell = await openRegistryShell(t);
  for (const [file, text] of Object.entries({ 'a.bin': 'a', 'b.bin': 'b', '.env': 'TOKEN=abc' }))
    writeFileSync(join(shell.cwd, file), text);
  const described = async (version: string): Promise<unknown> =>
    (await shell.json('show', `s@${version}`)).metadata.description;

  const typed = await shell.json('register', 's', 'a.bin', '-m', '@ada please look');
  assert.deepEqual([await described('1.0.0'), typed.warnings], ['@ada please look', []]);
  const meant = await shell.json('register', 's', 'b.bin', '-m', '@.env');
  assert.deepEqual([await described('1.1.0'), meant.warnings], ['@.env', [warning]]);

  const again = await shell.run('describe', 's@1.0.0', '@.env');
  assert.deepEqual([again.code, again.stderr], [0, `warning: ${warning}\n`]);
  assert.equal(await described('1.0.0'), '@.env');
  await shell.json('describe', 's@1.0.0', '--description-file', '.env');
  assert.equal(await described('1.0.0'), 'TOKEN=abc');

  for (const args of [
    ['describe', 's@1.0.0', 'a text', '--description-file', '.env'],
    ['describe', 's@1.0.0', '--clear', '--description-file', '.env'],
    ['register', 's', 'a.bin', '-m', 'a text', '--description-file', '.env'],
  ])
    assert.match((await shell.fails(2, ...args)).message, /a description and --\S+ cannot be used together/);
  assert.equal((await shell.fails(3, 'describe', 's@1.0.0', '--description-file', 'none')).code, 'NOT_FOUND');
});
