import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import test from 'node:test';
import { readToken } from '../../src/cli/input/read-token.ts';
import { failsWith, tempFolder, type Cleanup } from '../support/temp-folder.ts';

const token = 'ci-0123456789abcdef';
const hashed = `sha256:${hash('sha256', token)}`;

function read(test: Cleanup, text: string, env: Record<string, string> = {}): Promise<string | undefined> {
  const cwd = tempFolder(test);
  writeFileSync(join(cwd, 'tokens'), text);
  const context = { cwd, env, signal: new AbortController().signal, stdin: Readable.from([]) };
  return readToken(context as never, text === '' ? undefined : 'tokens');
}

test('a client takes the first token of a list that is one', async (t) => {
  assert.equal(await read(t, `${token}\n`), token);
  assert.equal(await read(t, `# clients\nweb ${hashed}\nci ${token}\n`), token);
  assert.equal(await read(t, '', { MLREG_SERVE_TOKEN: token }), token);
});

test('a list that has hashes only says so, and what to use instead', async (t) => {
  const says = failsWith(
    'INVALID_INPUT',
    /^--token-file has the hash of a token, which is for servers only$/,
  );
  await assert.rejects(read(t, `ci ${hashed}\n`), says);
  await assert.rejects(read(t, hashed), says);
  await assert.rejects(read(t, `ci ${hashed}\n`), { hint: /^the token cannot be found from its hash/ });
  await assert.rejects(
    read(t, '', { MLREG_SERVE_TOKEN: hashed }),
    failsWith('INVALID_INPUT', /^MLREG_SERVE_TOKEN has the hash/),
  );
  await assert.rejects(read(t, '# none\n'), failsWith('INVALID_INPUT', /has no token that can be sent$/));
});
