import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { assertDocumented } from '../support/documented-json.ts';
import { model, preparedShell, startCli, type Shell } from '../support/run-cli.ts';
import { fixture, type Cleanup } from '../support/temp-folder.ts';

interface Line {
  event: string;
  port: number;
  url: string;
  grpcPort: number | null;
  warnings: string[];
  models: { ref: string; stage: string | null; goldenCases: number | null }[];
}

/** digits 1.0.0 in production, and 1.0.1, whose golden set is that of another model. */
const digits = preparedShell(async (shell) => {
  await shell.json('register', 'digits', model('digits_mlp'), '--golden', fixture('digits_mlp/golden.json'));
  await shell.json('promote', 'digits@1.0.0', '--to', 'production');
  await shell.json(
    'register',
    'digits',
    model('digits_mlp_bad'),
    '--golden',
    fixture('digits_mlp/golden.json'),
  );
});

function start(
  t: Cleanup,
  { cwd }: Shell,
  ...args: string[]
): { child: ChildProcess; line: () => Promise<Line> } {
  const child = startCli(['serve', ...args, '--port', '0', '--json'], { cwd });
  t.after(() => void child.kill('SIGKILL'));
  const lines = createInterface({ input: child.stdout ?? process.stdin })[Symbol.asyncIterator]();
  return {
    child,
    async line() {
      const { value } = (await lines.next()) as { value: string };
      assertDocumented(JSON.parse(value));
      return JSON.parse(value) as Line;
    },
  };
}

test('SIGTERM: not ready at once, still answering, then 0', async (t) => {
  const { child, line } = start(t, await digits(t), 'digits@production', '--drain-delay', '2s');
  const { event, url, models } = await line();
  assert.deepEqual(
    [event, models.map(({ ref, stage }) => [ref, stage])],
    ['listening', [['digits@1.0.0', 'production']]],
  );
  assert.equal((await fetch(`${url}/readyz`)).status, 200);
  child.kill('SIGTERM');
  while ((await fetch(`${url}/readyz`)).status === 200);
  assert.equal((await fetch(`${url}/livez`)).status, 200);
  const answer = await fetch(`${url}/v2/models/digits/versions/production`);
  assert.deepEqual(((await answer.json()) as { versions: string[] }).versions, ['1.0.0']);
  assert.equal((await line()).event, 'stopped');
  assert.deepEqual(await once(child, 'close'), [0, null]);
});

test('gRPC has a port of its own, or none', async (t) => {
  const shell = await digits(t);
  assert.ok((await start(t, shell, 'digits@production').line()).grpcPort);
  assert.equal((await start(t, shell, 'digits@production', '--grpc-port', 'off').line()).grpcPort, null);
});

test('a second signal ends it', async (t) => {
  const { child, line } = start(t, await digits(t), 'digits@production', '--drain-delay', '10m');
  const { url } = await line();
  child.kill('SIGTERM');
  while ((await fetch(`${url}/readyz`)).status === 200);
  const ended = once(child, 'close');
  // Signals that come close together count as one.
  const again = setInterval(() => child.kill('SIGTERM'), 100);
  assert.deepEqual(await ended, [null, 'SIGTERM']);
  clearInterval(again);
});

test('the server is the process that was started, with a small young generation', async (t) => {
  const { child, line } = start(t, await digits(t), 'digits@1.0.0');
  await line();
  assert.match(readFileSync(`/proc/${child.pid}/cmdline`, 'latin1'), /--max-semi-space-size=4\0/);
});

test('a port that is taken, an address of another machine, and nothing to serve are told', async (t) => {
  const shell = await digits(t);
  const { line } = start(t, shell, 'digits@1.0.0');
  const { port } = await line();
  const taken = await shell.fails(8, 'serve', 'digits@1.0.0', '--port', String(port));
  assert.match(taken.message, /^cannot listen on 127\.0\.0\.1:\d+: another program uses this port$/);
  assert.match(
    (await shell.fails(2, 'serve', 'digits@1.0.0', '--host', '203.0.113.7', '--allow-anonymous')).message,
    /cannot listen on/,
  );
  assert.match((await shell.fails(2, 'serve')).message, /name at least one version/);
  assert.match(
    (await shell.fails(3, 'serve', '--stage', 'staging')).message,
    /no model has a version in "staging"/,
  );
  assert.match((await shell.fails(3, 'serve', 'digits@7.0.0')).message, /no version 7\.0\.0/);
  assert.match((await shell.fails(2, 'serve', 'digits', '--port', '70000')).message, /--port/);
});

test('a version that fails its golden set is not served', async (t) => {
  const shell = await digits(t);
  const { message } = await shell.fails(5, 'serve', 'digits@1.0.1', '--check');
  assert.match(
    message,
    /^digits@1\.0\.1 cannot be served: its outputs differ from its golden set in \d+ of \d+ cases$/,
  );
  const checked = (await shell.json('serve', 'digits@1.0.0', '--check')) as unknown as Line;
  assert.deepEqual([checked.event, checked.models[0]?.goldenCases], ['checked', 2]);
});

test('SIGHUP reads the tokens again, and keeps the old ones if it cannot', async (t) => {
  const shell = await digits(t);
  const bare = await shell.fails(2, 'serve', 'digits@1.0.0', '--host', '0.0.0.0');
  assert.match(bare.message, /^without tokens, everybody who reaches 0\.0\.0\.0 could use the models$/);
  const tokens = join(shell.cwd, 'tokens');
  writeFileSync(tokens, 'ci first-0123456789abcdef\n', { mode: 0o600 });
  const { child, line } = start(t, shell, 'digits@1.0.0', '--token-file', 'tokens', '--host', '0.0.0.0');
  const { port } = await line();
  const status = async (token: string): Promise<number> =>
    (await fetch(`http://127.0.0.1:${port}/v2`, { headers: { Authorization: `Bearer ${token}` } })).status;
  assert.deepEqual([await status('first-0123456789abcdef'), await status('other')], [200, 401]);
  writeFileSync(tokens, 'no token\n');
  child.kill('SIGHUP');
  const failed = await line();
  assert.equal(failed.event, 'warning');
  assert.match(failed.warnings.join(), /not read again, the old ones stay: .*tokens/);
  writeFileSync(tokens, 'ci other-0123456789abcdef\n');
  child.kill('SIGHUP');
  assert.equal((await line()).event, 'reloaded');
  assert.deepEqual(
    [await status('first-0123456789abcdef'), await status('other-0123456789abcdef')],
    [401, 200],
  );
});
