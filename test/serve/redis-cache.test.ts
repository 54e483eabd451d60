import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseCacheSetting } from '../../src/serve/cache/cache-setting.ts';
import type { RunningServer } from '../../src/serve/running-server.ts';
import { post, registryWith, serving } from '../support/served.ts';
import { type Cleanup, tempFolder } from '../support/temp-folder.ts';

/** `npm run test:services -- redis` installs it. */
const skip = spawnSync('redis-server', ['--version']).error === undefined ? false : 'no redis-server here';

const path = '/v2/models/digits/infer';
const input = { name: 'X', datatype: 'FP32', shape: [1, 64] };

async function asked(server: RunningServer, first: number): Promise<string | null> {
  const data = Array.from({ length: 64 }, (_, at) => (at === 0 ? first : at % 16));
  const { status, headers, json } = await post(server, path, { inputs: [{ ...input, data }] });
  assert.equal(status, 200);
  assert.equal(json.outputs?.length, 2);
  return headers.get('mlreg-cache');
}

/** Asks for the same until it comes from the cache. */
async function hit(server: RunningServer, first: number): Promise<void> {
  while ((await asked(server, first)) !== 'hit') await sleep(20);
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}

interface Redis {
  port: number;
  process: ChildProcess;
  /** Runs a command of redis-cli and gives what it prints. */
  cli: (...args: string[]) => string;
}

async function startRedis(t: Cleanup, port: number, ...options: string[]): Promise<Redis> {
  const folder = tempFolder(t);
  const process = spawn(
    'redis-server',
    ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--dir', folder, ...options],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  t.after(() => void process.kill('SIGKILL'));
  for await (const chunk of process.stdout as AsyncIterable<Buffer>)
    if (chunk.includes('Ready to accept connections')) break;
  const cli = (...args: string[]): string =>
    spawnSync('redis-cli', ['-p', String(port), ...args], { cwd: join(folder) })
      .stdout.toString()
      .trim();
  return { port, process, cli };
}

async function kill({ process }: Redis): Promise<void> {
  const gone = once(process, 'exit');
  process.kill('SIGKILL');
  await gone;
}

const cacheAt = (port: number, rest = '') => ({
  cache: parseCacheSetting(`redis://127.0.0.1:${port}${rest}`),
});

test('servers share what one of them has answered, until its time is over', { skip }, async (t) => {
  const redis = await startRedis(t, await freePort());
  const registry = await registryWith(t, { digits: 'digits_mlp' });
  const one = await serving(t, registry, ['digits'], cacheAt(redis.port, '?ttl=1h'));
  const two = await serving(t, registry, ['digits'], cacheAt(redis.port));
  assert.equal(await asked(one, 1), 'miss');
  await hit(two, 1);
  const [key = ''] = redis.cli('keys', 'mlreg:cache:*').split('\n');
  const left = Number(redis.cli('pttl', key));
  assert.ok(left > 3_000_000 && left <= 3_600_000, `${left} ms`);
  // What others wrote under the key is no answer.
  redis.cli('set', key, 'rubbish');
  assert.equal(await asked(two, 1), 'miss');
  await hit(one, 1);
  redis.cli('del', key);
  redis.cli('lpush', key, 'a list');
  assert.equal(await asked(two, 1), 'miss');
});

test('Redis is killed and started again under load: answers go on', { skip }, async (t) => {
  const port = await freePort();
  let redis = await startRedis(t, port);
  const registry = await registryWith(t, { digits: 'digits_mlp' });
  const warnings: string[] = [];
  const server = await serving(t, registry, ['digits'], {
    ...cacheAt(port),
    warn: (warning) => warnings.push(warning),
  });
  await asked(server, 0);
  await hit(server, 0);
  let answers = 0;
  let stop = false;
  const load = Array.from({ length: 8 }, async (_, client) => {
    for (let at = 0; !stop; at++, answers++) await asked(server, (client + at) % 50);
  });
  const more = async (count: number): Promise<void> => {
    for (const until = answers + count; answers < until;) await sleep(5);
  };
  for (let times = 0; times < 3; times++) {
    await more(200);
    await kill(redis);
    await more(200);
    redis = await startRedis(t, port);
    await hit(server, 1000 + times);
  }
  // A Redis that takes requests and does not answer them.
  redis.process.kill('SIGSTOP');
  await more(200);
  redis.process.kill('SIGCONT');
  await hit(server, 2000);
  stop = true;
  await Promise.all(load);
  const [fails, works] = [/ fails: .*; requests are answered without it$/, / works again$/];
  assert.match(warnings[0] ?? '', fails);
  // One line when it begins and one when it is over, whatever the number of requests.
  warnings.forEach((warning, at) => assert.match(warning, at % 2 === 0 ? fails : works));
  assert.ok(warnings.length >= 8 && warnings.length < 40, warnings.join('\n'));
});

test(
  'a Redis that is not there, or wants another password, is a warning without the password',
  { skip },
  async (t) => {
    const registry = await registryWith(t, { digits: 'digits_mlp' });
    const redis = await startRedis(t, await freePort(), '--requirepass', 'the-right-one');
    for (const [address, reason] of [
      [`redis://:the-wrong-one@127.0.0.1:${redis.port}`, /WRONGPASS/],
      [`redis://127.0.0.1:${redis.port}`, /NOAUTH|no reply within/],
      [`redis://:the-wrong-one@127.0.0.1:${await freePort()}/3`, /ECONNREFUSED/],
    ] as const) {
      const warnings: string[] = [];
      const cache = parseCacheSetting(address);
      const server = await serving(t, registry, ['digits'], {
        cache,
        warn: (warning) => warnings.push(warning),
      });
      assert.equal(await asked(server, 1), 'miss');
      assert.equal(await asked(server, 1), 'miss');
      assert.equal(warnings.length, 1, warnings.join('\n'));
      assert.match(warnings[0] ?? '', reason);
      assert.doesNotMatch(warnings[0] ?? '', /the-wrong-one/);
    }
    const cache = parseCacheSetting(`redis://:the-right-one@127.0.0.1:${redis.port}`);
    await hit(await serving(t, registry, ['digits'], { cache }), 1);
  },
);
