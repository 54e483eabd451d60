import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { registryWith, serving } from '../support/served.ts';
import { tempFolder } from '../support/temp-folder.ts';

const noCurl = spawnSync('curl', ['--version']).status === 0 ? false : 'curl is not installed';

/** The commands of a page, as a reader copies them. */
function commandsOf(page: string): string[] {
  return [...page.matchAll(/<pre>(curl .*?)<\/pre>/gs)].map(([, text = '']) =>
    text.replaceAll(/&#(\d+);/g, (_, code: string) => String.fromCharCode(Number(code))),
  );
}

async function answerOf(command: string, env: Record<string, string> = {}): Promise<Record<string, unknown>> {
  const child = spawn('sh', ['-c', `${command} -s --noproxy '*'`], { env: { ...process.env, ...env } });
  let text = '';
  child.stdout.on('data', (chunk: Buffer) => (text += String(chunk)));
  await once(child, 'close');
  return JSON.parse(text) as Record<string, unknown>;
}

test('the commands of the page work when they are copied', { skip: noCurl }, async (t) => {
  const registry = await registryWith(t, {
    digits: 'digits_mlp',
    'team/cars': 'cars_mixed_inputs',
    iris: 'iris_zipmap',
  });
  const server = await serving(t, registry, ['digits', 'team/cars', 'iris']);
  const response = await fetch(`${server.url}/docs`);
  assert.equal(response.headers.get('content-type'), 'text/html; charset=utf-8');
  const page = await response.text();
  const commands = commandsOf(page);
  assert.equal(commands.length, 6);
  for (const command of commands) {
    const answer = await answerOf(command);
    assert.ok('predictions' in answer || 'outputs' in answer, `${command} ${JSON.stringify(answer)}`);
  }
  for (const text of ['FP32 [-1,64]', 'BYTES [-1,1]', 'INT64 [-1,1]']) assert.ok(page.includes(text), text);
  // It asks nothing of any other server, and runs nothing.
  assert.doesNotMatch(page, /<script|<link|<img|@import|url\(/i);
  const policy = response.headers.get('content-security-policy') ?? '';
  assert.match(policy, /^default-src 'none'; style-src 'sha256-/);
});

test('with tokens, the page needs one, and its commands send one', { skip: noCurl }, async (t) => {
  const registry = await registryWith(t, { digits: 'digits_mlp' });
  const tokenFile = join(tempFolder(t), 'tokens');
  const token = '0123456789abcdef';
  writeFileSync(tokenFile, `ada ${token}\n`, { mode: 0o600 });
  const server = await serving(t, registry, ['digits'], { tokenFile });
  assert.equal((await fetch(`${server.url}/docs`)).status, 401);
  const page = await (
    await fetch(`${server.url}/docs`, { headers: { authorization: `Bearer ${token}` } })
  ).text();
  assert.ok(!page.includes(token));
  for (const command of commandsOf(page))
    assert.ok('model_name' in (await answerOf(command, { TOKEN: token })), command);
});

test('a host that a client made up stays a text, and one word of the command', async (t) => {
  const registry = await registryWith(t, { digits: 'digits_mlp' });
  const server = await serving(t, registry, ['digits'], { host: '0.0.0.0', allowAnonymous: true });
  const { get } = await import('node:http');
  const host = `x'"><script>$(id)`;
  const page = await new Promise<string>((resolve) =>
    get({ port: server.port, path: '/docs', headers: { host } }, (response) => {
      let text = '';
      response.on('data', (chunk: Buffer) => (text += String(chunk)));
      response.on('end', () => resolve(text));
    }),
  );
  assert.doesNotMatch(page, /<script/);
  const printed = commandsOf(page).map((command) =>
    spawnSync('sh', ['-c', command.replace(/^curl/, "printf '%s|'")]),
  );
  for (const { stdout } of printed) assert.ok(String(stdout).includes(`|http://${host}/`), String(stdout));
});
