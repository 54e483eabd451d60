import assert from 'node:assert/strict';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { assertDocumented } from '../support/documented-json.ts';
import { bin } from '../support/run-cli.ts';
import { openMain } from '../support/run-main.ts';
import { registryWith, serving } from '../support/served.ts';
import { tempFolder, type Cleanup } from '../support/temp-folder.ts';
import { noTerminal, startOnTerminal } from '../support/terminal.ts';

/** A server that answers as told; its address. */
async function answering(t: Cleanup, answer: RequestListener): Promise<string> {
  const server = createServer(answer);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => void server.close());
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test('the state of a server, in each form', async (t) => {
  const registry = await registryWith(t, { digits: 'digits_mlp' });
  const { url } = await serving(t, registry, ['digits']);
  const run = openMain(t);
  const table = await run(['serve', 'status', url, '--format', 'table']);
  assert.equal(table.code, 0, table.stderr);
  for (const text of [/✓ ready/, /digits@1\.0\.0 .* up /, /open files/, /GPU/])
    assert.match(table.stdout, text);
  assert.deepEqual(
    (await run(['serve', 'status', url.replace('http://', ''), '-q'])).stdout,
    'digits@1.0.0\n',
  );
  assert.match((await run(['serve', 'status', url, '--format', 'tsv'])).stdout, /^digits@1\.0\.0\t\tup\t/);
  const json: unknown = JSON.parse((await run(['serve', 'status', url, '--json'])).stdout);
  assertDocumented(json);
});

test('what does not answer, or is another server, is an error', async (t) => {
  const run = openMain(t);
  const code = async (url: string): Promise<[number | undefined, string]> => {
    const { code: exit, stderr } = await run(['serve', 'status', url]);
    return [exit, stderr];
  };
  const page = await answering(t, (_, response) => response.end('<html>'));
  const other = await answering(t, (_, response) => response.end('{"mlreg":"1","models":{}}'));
  const closed = await answering(t, (request) => request.socket.destroy());
  const cases: [string, number, RegExp][] = [
    [page, 2, /is not a server of mlreg serve: its answer is not JSON/],
    [other, 2, /is not a server of mlreg serve: node is not a text/],
    [closed, 3, /no server answers/],
    ['127.0.0.1:1', 3, /no server answers/],
    ['file:///etc/passwd', 2, /is not the address of a server/],
    ['http://user:secret@127.0.0.1', 2, /--token-file/],
  ];
  for (const [url, exit, message] of cases) {
    const [found, stderr] = await code(url);
    assert.equal(found, exit, url);
    assert.match(stderr, message);
  }
});

test('a token comes from a file or the environment, and its absence is told', async (t) => {
  const cwd = tempFolder(t);
  const run = openMain(t, cwd);
  writeFileSync(join(cwd, 'token'), 's3cret\n');
  writeFileSync(join(cwd, 'named'), '# clients\nada s3cret2\nbob other\n');
  writeFileSync(join(cwd, 'bad'), 'ada sha256:00\n');
  const seen: (string | undefined)[] = [];
  const url = await answering(t, ({ headers }, response) => {
    seen.push(headers.authorization);
    response.statusCode = 401;
    response.end();
  });
  assert.match((await run(['serve', 'status', url])).stderr, /asks for a token/);
  const refused = await run(['serve', 'status', url, '--token-file', 'token']);
  assert.equal(refused.code, 9);
  assert.match(refused.stderr, /refuses the token/);
  assert.doesNotMatch(refused.stderr, /s3cret/);
  await run(['serve', 'status', url], ({ env }) => void (env['MLREG_SERVE_TOKEN'] = 'other'));
  await run(['serve', 'status', url, '--token-file', 'named']);
  assert.deepEqual(seen, [undefined, 'Bearer s3cret', 'Bearer other', 'Bearer s3cret2']);
  assert.equal((await run(['serve', 'status', url, '--token-file', 'bad'])).code, 2);
  assert.equal((await run(['serve', 'status', url, '--token-file', 'none'])).code, 3);
  assert.equal(seen.length, 4);
});

test("a server's text cannot act on the terminal", async (t) => {
  const registry = await registryWith(t, { digits: 'digits_mlp' });
  const { url } = await serving(t, registry, ['digits']);
  const real = (await (await fetch(url)).json()) as { models: { ref: string; stages: string[] }[] };
  const hostile = 'x\u001b[2J\u202e\u0007';
  Object.assign(real.models[0] ?? {}, { ref: hostile, stages: [hostile] });
  const given = JSON.stringify({ ...real, mlreg: hostile, gpuNote: hostile, newer: { field: 1 } });
  const fake = await answering(t, (_, response) => response.end(given));
  const run = openMain(t);
  for (const form of ['table', 'tsv', 'json']) {
    const { code, stdout } = await run(['serve', 'status', fake, '--format', form]);
    assert.equal(code, 0);
    assert.doesNotMatch(stdout, /[\u0000-\u0008\u000b-\u001f\u202e]/);
  }
});

test('on a terminal it is shown again and again, until Ctrl-C', { skip: noTerminal }, async (t) => {
  const registry = await registryWith(t, { digits: 'digits_mlp' });
  const { url } = await serving(t, registry, ['digits']);
  const command = `exec '${process.execPath}' '${bin}' serve status ${url} --interval 100ms`;
  const child = startOnTerminal(command, { cwd: tempFolder(t) });
  t.after(() => void child.kill('SIGKILL'));
  let text = '';
  let typed = false;
  child.stdout?.on('data', (chunk: Buffer) => {
    text += String(chunk);
    if (typed || text.split('\u001b[H\u001b[2J').length < 4) return;
    typed = true;
    child.stdin?.write('\u0003');
  });
  const [code] = (await once(child, 'close')) as [number];
  assert.equal(code, 0, text);
  assert.match(text, /digits@1\.0\.0/);
});
