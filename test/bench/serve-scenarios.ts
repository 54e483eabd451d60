/**
 * `npm run bench:serve -- --scenario swaps|kills|candidates|overload|idle|all`: what may go wrong while
 * requests come at 70% of what the server can take, more requests than it can take, and connections
 * on which nothing happens. No request may fail, and the outputs of each answer must be those of the
 * version that it names. `--times N` (20), `--share PERCENT` (70), `--idle N` (10000).
 */
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { driveLoad, statOf, treeMegabytes, treeOf } from '../support/http-load.ts';
import { allocationBomb, endlessLoop } from '../support/hostile-onnx.ts';
import { driveOpenLoad } from '../support/open-load.ts';
import {
  cache,
  fixturePath,
  inferBodies,
  mlreg,
  mlregMeanwhile,
  openDigits,
  startServer,
  stopServer,
  type Server,
} from './serve-registry.ts';

const { values: flags } = parseArgs({
  options: {
    scenario: { type: 'string', default: 'all' },
    times: { type: 'string', default: '20' },
    share: { type: 'string', default: '70' },
    idle: { type: 'string', default: '10000' },
  },
});
const [times, share] = [Number(flags.times), Number(flags.share) / 100];
const path = '/v2/models/digits/infer';
const home = openDigits('serve-scenarios');

interface Answered {
  model_version: string;
  outputs: { name: string; data: number[] }[];
}

/** What came back, by status; answers that are wrong, and refusals without Retry-After. */
interface Count {
  statuses: Map<string, number>;
  versions: Map<string, number>;
  wrong: number;
  unexplained: number;
  broken: number;
  /** The first answer with a status that nobody expects. */
  odd: string | undefined;
}

/** The probabilities of each version for each body, from a server that serves both. */
async function expectedOf(bodies: readonly Buffer[]): Promise<Map<string, number[][]>> {
  const server = await startServer(home, 'digits@1.0.0', 'digits@1.1.0');
  const expected = new Map<string, number[][]>();
  for (const version of ['1.0.0', '1.1.0']) {
    const url = `http://127.0.0.1:${server.port}/v2/models/digits/versions/${version}/infer`;
    const all = [];
    for (const body of bodies)
      all.push(probabilities((await (await fetch(url, { method: 'POST', body })).json()) as Answered));
    expected.set(version, all);
  }
  await stopServer(server);
  return expected;
}

function probabilities({ outputs }: Answered): number[] {
  return outputs.find(({ name }) => name === 'probabilities')?.data ?? [];
}

/** Batches add in another order: the last digits may differ. */
function alike(a: readonly number[], b: readonly number[] | undefined): boolean {
  return a.length === b?.length && a.every((value, at) => Math.abs(value - (b[at] ?? NaN)) < 1e-4);
}

const connections = 64;
const { bodies } = inferBodies(1, 'json');
const expected = await expectedOf(bodies);

/** Keeps the load up while `work` lasts. */
async function underLoad(
  server: Server,
  rate: number,
  allowed: readonly string[],
  work: (answered: () => number) => Promise<void>,
): Promise<Count> {
  const count: Count = {
    statuses: new Map(),
    versions: new Map(),
    wrong: 0,
    unexplained: 0,
    broken: 0,
    odd: undefined,
  };
  const add = (map: Map<string, number>, key: string): void => void map.set(key, (map.get(key) ?? 0) + 1);
  const each = (answer: Buffer, body: number): void => {
    const end = answer.indexOf('\r\n\r\n');
    const head = answer.toString('latin1', 0, end);
    const status = head.slice(9, 12);
    add(count.statuses, status);
    if (status !== '200') {
      if (!allowed.includes(status) && !count.odd) count.odd = answer.toString('utf8', end + 4);
      if (!/\r\nretry-after:/i.test(head)) count.unexplained += 1;
      return;
    }
    const json = JSON.parse(answer.toString('utf8', end + 4)) as Answered;
    add(count.versions, json.model_version);
    if (!alike(probabilities(json), expected.get(json.model_version)?.[body])) count.wrong += 1;
  };
  let done = false;
  const load = (async () => {
    while (!done) {
      const open = { port: server.port, path, bodies, connections, duration: 1000, rate, each };
      await driveOpenLoad(open).catch(() => (count.broken += 1));
    }
  })();
  try {
    await work(() => count.statuses.get('200') ?? 0);
  } finally {
    done = true;
    await load;
  }
  return count;
}

async function capacityOf(server: Server): Promise<number> {
  const load = { port: server.port, path, bodies, connections: 32 };
  await driveLoad({ ...load, duration: 1500 });
  return (await driveLoad({ ...load, duration: 3000 })).perSecond;
}

let failures = 0;
function report(what: string, rate: number, count: Count, allowed: readonly string[]): void {
  const show = (map: Map<string, number>): string => [...map].map(([key, n]) => `${key} × ${n}`).join(', ');
  const isGood =
    count.wrong + count.unexplained + count.broken === 0 &&
    [...count.statuses.keys()].every((status) => allowed.includes(status));
  if (!isGood) failures += 1;
  if (count.odd !== undefined) console.log(`     an unexpected answer: ${count.odd.slice(0, 300)}`);
  console.log(
    `${isGood ? 'ok  ' : 'FAIL'} ${what} at ${rate.toFixed(0)}/s: ${show(count.statuses)}; versions ${show(count.versions)}; ` +
      `${count.wrong} wrong, ${count.unexplained} refused without Retry-After, ${count.broken} broken connections`,
  );
}

const wanted = (name: string): boolean => flags.scenario === 'all' || flags.scenario === name;

/** Starts a server, finds out what it can take, and does `work` under the share of that. */
async function scenario(
  name: string,
  work: (
    server: Server,
    news: (matching: RegExp) => Promise<string>,
    answered: () => number,
  ) => Promise<void>,
  args: string[] = [],
): Promise<void> {
  if (!wanted(name)) return;
  mlreg(home, 'promote', 'digits@1.0.0', 'production');
  const server = await startServer(home, 'digits@production', '--interval', '50ms', ...args);
  const lines = createInterface({ input: server.process.stdout ?? process.stdin });
  const news = async (matching: RegExp): Promise<string> => {
    for (;;) {
      const [line] = (await once(lines, 'line')) as [string];
      if (matching.test(line)) return line;
    }
  };
  try {
    const rate = share * (await capacityOf(server));
    report(name, rate, await underLoad(server, rate, ['200'], (answered) => work(server, news, answered)), [
      '200',
    ]);
  } finally {
    await stopServer(server);
  }
}

await scenario('swaps', async (_server, news) => {
  const ms: number[] = [];
  for (let time = 0; time < times; time++) {
    const swapped = news(/"kind":"swapped"/);
    if (time % 2 === 0) await mlregMeanwhile(home, 'promote', 'digits@1.1.0', 'production');
    else await mlregMeanwhile(home, 'rollback', 'digits', 'production');
    ms.push((JSON.parse(await swapped) as { change: { ms: number } }).change.ms);
  }
  console.log(`     ${times} promotions and rollbacks, ms: ${ms.map((one) => one.toFixed(0)).join(' ')}`);
});

/** None for a process that has ended. */
function ticksOf(pid: number): number {
  try {
    return statOf(pid).ticks;
  } catch {
    return -1;
  }
}

await scenario('kills', async (server, _news, answered) => {
  for (let time = 0; time < times; time++) {
    // Five deaths without an answer in between are a version that does not work: it gets 503. An
    // answer for each connection may still be of the process before.
    const before = answered();
    while (answered() <= before + connections) await sleep(20);
    await sleep(500);
    const [, ...children] = treeOf(server.process.pid ?? 0);
    // The one that works, and not the spare.
    const [busiest] = children.toSorted((a, b) => ticksOf(b) - ticksOf(a));
    if (busiest !== undefined) process.kill(busiest, 'SIGKILL');
  }
  await sleep(1000);
  console.log(`     the process of the version was killed ${times} times`);
});

await scenario('candidates', async (_server, news) => {
  const candidates: [string, string, string[]][] = [
    [
      'golden',
      fixturePath('digits_mlp_bad', 'model.onnx'),
      ['--golden', fixturePath('digits_mlp', 'golden.json')],
    ],
    ['loops', join(cache, 'loops.onnx'), []],
    ['memory', join(cache, 'memory.onnx'), []],
  ];
  writeFileSync(join(cache, 'loops.onnx'), endlessLoop());
  writeFileSync(join(cache, 'memory.onnx'), allocationBomb(2 ** 33));
  for (const [name, file, more] of candidates) {
    const version = `9.0.${candidates.findIndex(([one]) => one === name)}`;
    await mlregMeanwhile(home, 'register', 'digits', file, '--version', version, '--no-git', ...more).catch(
      () => undefined,
    );
    const rejected = news(/"kind":"(rejected|swapped)"/);
    await mlregMeanwhile(home, 'promote', `digits@${version}`, 'production');
    const { kind, reason } = (JSON.parse(await rejected) as { change: { kind: string; reason: string } })
      .change;
    console.log(`     ${name}: ${kind}: ${reason}`);
    await sleep(1000);
    const back = mlregMeanwhile(home, 'promote', 'digits@1.0.0', 'production');
    await back;
  }
});

const refusals = ['200', '429', '503'];
if (wanted('overload')) {
  mlreg(home, 'promote', 'digits@1.0.0', 'production');
  const server = await startServer(home, 'digits@production', '--max-queue', '32');
  try {
    const rate = 1.5 * (await capacityOf(server));
    report('overload', rate, await underLoad(server, rate, refusals, () => sleep(10_000)), refusals);
  } finally {
    await stopServer(server);
  }
}
if (wanted('idle')) {
  const server = await startServer(home, 'digits@production');
  try {
    await idleConnections(server, Number(flags.idle));
  } finally {
    await stopServer(server);
  }
}

/** Connections that have asked once and stay. Meanwhile, and afterwards, others are answered. */
async function idleConnections({ process: { pid = 0 }, port }: Server, wantedCount: number): Promise<void> {
  const load = { port, path, bodies, connections: 8, duration: 2000 };
  await driveLoad(load);
  const before = treeMegabytes(pid);
  const sockets: Socket[] = [];
  const answered = async (): Promise<void> => {
    const socket = connect({ port, host: '127.0.0.1' });
    sockets.push(socket);
    socket.write('GET /readyz HTTP/1.1\r\nHost: localhost\r\n\r\n');
    await once(socket, 'data');
  };
  for (let left = wantedCount; left > 0; left -= 200)
    await Promise.all(Array.from({ length: Math.min(200, left) }, answered));
  const during = treeMegabytes(pid);
  const { failed, perSecond } = await driveLoad(load);
  const closed = sockets.filter((socket) => socket.destroyed).length;
  for (const socket of sockets) socket.destroy();
  await sleep(3000);
  const isGood = failed === 0 && closed === 0 && perSecond > 0;
  if (!isGood) failures += 1;
  console.log(
    `${isGood ? 'ok  ' : 'FAIL'} ${wantedCount} idle connections: ${before.toFixed(0)} MB before, ${during.toFixed(0)} MB with them ` +
      `(${(((during - before) * 1000) / wantedCount).toFixed(1)} kB each), ${treeMegabytes(pid).toFixed(0)} MB afterwards; ` +
      `${perSecond.toFixed(0)} requests a second beside them, ${failed} failed, ${closed} of them closed`,
  );
}
process.exitCode = failures === 0 ? 0 : 1;
