/**
 * `npm run bench:serve -- --peers`: the server beside those that people write in Python. All run at
 * once and are asked in turn, round after round, so that a machine whose speed drifts treats all
 * alike. The CPU time of a server's processes per request decides. `--seconds N`, `--rounds N`,
 * `--only tuned,swap,…` (names of peers and of the figures below).
 */
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { driveGrpcLoad, inferMessage } from '../support/grpc-load.ts';
import { driveLoad, treeCpuMicros, treeMegabytes, type Load, type LoadResult } from '../support/http-load.ts';
import { driveOpenLoad, type OpenResult } from '../support/open-load.ts';
import { installPeers, startPeer, type Peer } from './peers/start-peer.ts';
import {
  at,
  cache,
  digitRows,
  digitsModel,
  inferBodies,
  median,
  mlreg,
  mlregMeanwhile,
  openDigits,
  startServer,
  stopServer,
} from './serve-registry.ts';
import { printTargets, target, type Target } from './serve-targets.ts';

const { values: flags } = parseArgs({
  options: {
    peers: { type: 'boolean' },
    seconds: { type: 'string', default: '2' },
    rounds: { type: 'string', default: '3' },
    only: { type: 'string' },
  },
});
const [duration, rounds] = [Number(flags.seconds) * 1000, Number(flags.rounds)];
const only = flags.only?.split(',');
const wanted = (name: string): boolean => only === undefined || only.includes(name);
const path = '/v2/models/digits/infer';
const home = openDigits('serve-peers');
const targets: Target[] = [];
const warmUpMs = 3000;

interface Contestant {
  name: string;
  process: ChildProcess;
  port: number;
}
type Figures = Record<'micros' | 'perSecond' | 'p50' | 'p99', number>;
/** Medians of the rounds, and the CPU of each round. */
type Summary = Figures & { rounds: number[] };

/** Asks all in turn for so many rounds. The first one warms up. */
async function alternate(
  title: string,
  contestants: readonly Contestant[],
  drive: (port: number, ms: number) => Promise<LoadResult>,
): Promise<Map<string, Summary>> {
  const found = new Map(contestants.map(({ name }) => [name, [] as Figures[]]));
  for (let round = 0; round <= rounds; round++) {
    for (const { name, process: server, port } of contestants) {
      const before = treeCpuMicros(server.pid ?? 0);
      const { requests, failed, perSecond, latencies } = await drive(port, round === 0 ? 500 : duration);
      if (failed > 0) throw new Error(`${name}: ${failed} of ${requests} requests failed`);
      if (round === 0) continue;
      const micros = (treeCpuMicros(server.pid ?? 0) - before) / requests;
      found.get(name)?.push({ micros, perSecond, p50: at(latencies, 0.5), p99: at(latencies, 0.99) });
    }
  }
  const middle = new Map<string, Summary>();
  for (const [name, all] of found) {
    const of = (key: keyof Figures): number => median(all.map((one) => one[key]));
    const figures = {
      micros: of('micros'),
      perSecond: of('perSecond'),
      p50: of('p50'),
      p99: of('p99'),
      rounds: all.map(({ micros }) => micros),
    };
    middle.set(name, figures);
    console.log(
      `${title.padEnd(14)} ${name.padEnd(10)} ${figures.micros.toFixed(1).padStart(7)} µs CPU a request ` +
        `${figures.perSecond.toFixed(0).padStart(7)}/s  p50 ${figures.p50.toFixed(2)} ms  p99 ${figures.p99.toFixed(2)} ms`,
    );
  }
  return middle;
}

const answers = async (port: number): Promise<boolean> =>
  (await driveLoad({ port, path, ...inferBodies(1, 'json'), connections: 1, duration: 1 })).failed === 0;
const message = inferMessage('digits', 'X', 1, digitRows(1)[0] ?? new Float32Array(64));
const answersGrpc = async (port: number): Promise<boolean> =>
  (await driveGrpcLoad({ port, messages: [message], streams: 1, duration: 1 })).failed === 0;

const running: { process: ChildProcess }[] = [];
try {
  const started = performance.now();
  const child = await startServer(home, 'digits@production');
  running.push(child);
  await answers(child.port);
  const startMs = performance.now() - started;
  const inline = await startServer(home, 'digits@production', '--isolation', 'none');
  running.push(inline);
  const contestants: Contestant[] = [
    { name: 'mlreg', ...child },
    { name: 'inline', ...inline },
  ];
  const python = installPeers(cache);
  for (const peer of ['tutorial', 'tuned', 'bare_asgi', 'bare_node'] satisfies Peer[]) {
    if (!wanted(peer)) continue;
    const began = performance.now();
    const one = await startPeer(python, peer, digitsModel, answers);
    running.push(one);
    contestants.push({ name: peer, ...one });
    console.log(
      `${peer}: first answer after ${(performance.now() - began).toFixed(0)} ms, ` +
        `${treeMegabytes(one.process.pid ?? 0).toFixed(0)} MB`,
    );
  }

  const ratio = (found: Map<string, Summary>, peer: Peer, ours: string): number | null => {
    const [theirs, own] = [found.get(peer), found.get(ours)];
    return theirs === undefined || own === undefined ? null : theirs.micros / own.micros;
  };
  const compareRest = async (
    rows: number,
    kind: 'json' | 'binary',
    connections: number,
    least: [peer: Peer, ours: string, ratio: number][],
  ): Promise<void> => {
    const title = `${kind} b${rows} at ${connections}`;
    const load = { path, ...inferBodies(rows, kind), connections };
    // These know no binary tensors, and one row only.
    const able = contestants.filter(
      ({ name }) =>
        (kind === 'json' || name !== 'tutorial') && ((kind === 'json' && rows === 1) || name !== 'bare_node'),
    );
    const found = await alternate(title, able, (port, ms) => driveLoad({ ...load, port, duration: ms }));
    for (const [peer, ours, number] of least)
      targets.push(target(`${title}, ${peer} ÷ ${ours}`, ratio(found, peer, ours), '≥', number));
  };
  const single = [
    { connections: 1, tutorial: 3, tuned: 1.2, bare: 1.2 },
    { connections: 8, tutorial: 7, tuned: 2.7, bare: 1.8 },
    { connections: 32, tutorial: 9, tuned: 3.5, bare: 2.1 },
  ];
  if (wanted('rest') || only === undefined) {
    // A server runs for weeks: its code is compiled before anything counts.
    for (const { port } of contestants)
      await driveLoad({ path, ...inferBodies(1, 'json'), connections: 32, port, duration: warmUpMs });
    for (const { connections, tutorial, tuned, bare } of single) {
      await compareRest(1, 'json', connections, [
        ['tutorial', 'mlreg', tutorial],
        ['tuned', 'mlreg', tuned],
        ['bare_asgi', 'inline', bare],
      ]);
    }
    await compareRest(32, 'json', 8, [
      ['tutorial', 'mlreg', 10],
      ['tuned', 'mlreg', 1.4],
    ]);
    await compareRest(1, 'binary', 8, [['tuned', 'mlreg', 2.5]]);
  }

  if (wanted('grpc_aio')) await compareGrpc(child.grpcPort, child.process);
  if (wanted('open')) await openLoops(child.port);
  if (wanted('memory')) await measureMemory();
  if (wanted('log')) await measureLog();
  if (wanted('swap')) await measureSwaps();
  targets.push(target('start to first answer, s (Node and the CLI included)', startMs / 1000, '≤', 0.2));

  async function compareGrpc(grpcPort: number | null, own: ChildProcess): Promise<void> {
    const peer = await startPeer(python, 'grpc_aio', digitsModel, answersGrpc);
    running.push(peer);
    const pair: Contestant[] = [{ name: 'grpc_aio', ...peer }];
    if (grpcPort !== null) pair.push({ name: 'mlreg', process: own, port: grpcPort });
    const messages = digitRows(1).map((row) => inferMessage('digits', 'X', 1, row));
    for (const { streams, least } of [
      { streams: 1, least: 1.8 },
      { streams: 8, least: 3 },
      { streams: 32, least: 5.5 },
    ]) {
      const title = `gRPC b1 at ${streams}`;
      const found = await alternate(title, pair, (port, ms) =>
        driveGrpcLoad({ port, messages, streams, duration: ms }),
      );
      targets.push(target(`${title}, grpc_aio ÷ mlreg`, ratio(found, 'grpc_aio', 'mlreg'), '≥', least));
    }
  }

  async function openLoops(port: number): Promise<void> {
    const load = { path, ...inferBodies(1, 'json'), connections: 32, port };
    for (const { rate, p50, p99 } of [
      { rate: 1000, p50: 0.3, p99: 1.5 },
      { rate: 3000, p50: null, p99: 2 },
    ]) {
      const all: OpenResult[] = [];
      for (let round = 0; round < rounds; round++)
        all.push(await driveOpenLoad({ ...load, rate, duration: Math.max(2000, duration) }));
      const of = (share: number): number => median(all.map(({ latencies }) => at(latencies, share)));
      const lag = median(all.map(({ lags }) => at(lags, 0.99)));
      const failed = all.reduce((sum, one) => sum + one.failed, 0);
      console.log(
        `open loop ${rate}/s: p50 ${of(0.5).toFixed(2)} ms  p99 ${of(0.99).toFixed(2)} ms  ` +
          `${failed} failed  (1% of requests left ${lag.toFixed(2)} ms late)`,
      );
      if (p50 !== null) targets.push(target(`open loop ${rate}/s, p50 ms`, of(0.5), '≤', p50));
      targets.push(target(`open loop ${rate}/s, p99 ms`, of(0.99), '≤', p99));
    }
  }

  /** Of a server of its own, after a load: the others have seen larger bodies. */
  async function measureMemory(): Promise<void> {
    const one = await startServer(home, 'digits@production');
    const before = treeMegabytes(one.process.pid ?? 0);
    const load: Load = { path, ...inferBodies(1, 'json'), connections: 32, port: one.port, duration };
    await driveLoad(load);
    const after = treeMegabytes(one.process.pid ?? 0);
    await stopServer(one);
    console.log(
      `memory of all processes: ${before.toFixed(0)} MB at start, ${after.toFixed(0)} MB after a load`,
    );
    targets.push(target('memory of all processes after a load, MB', after, '≤', 120));
  }

  /** What an access log adds, to /dev/null; metrics are always on. */
  async function measureLog(): Promise<void> {
    if (!mlreg(home, 'serve', '--help').includes('--access-log-file')) {
      targets.push(target('access log, µs', null, '≤', 3));
      return;
    }
    const [plain, logged] = [
      await startServer(home, 'digits@production'),
      await startServer(home, 'digits@production', '--access-log-file', '/dev/null'),
    ];
    running.push(plain, logged);
    logged.process.stdout?.resume();
    const load = { path, ...inferBodies(1, 'json'), connections: 32 };
    const found = await alternate(
      'log at 32',
      [
        { name: 'without', ...plain },
        { name: 'with', ...logged },
      ],
      (port, ms) => driveLoad({ ...load, port, duration: ms }),
    );
    // Of each pair of rounds, because the machine's speed drifts more than this.
    const without = found.get('without')?.rounds ?? [];
    const cost = median((found.get('with')?.rounds ?? []).map((micros, at) => micros - (without[at] ?? NaN)));
    targets.push(target('access log, µs', cost, '≤', 3));
  }

  /** From when a promotion was seen to the first request that the next version gets. */
  async function measureSwaps(): Promise<void> {
    const one = await startServer(home, 'digits@production', '--keep-warm', '0s', '--interval', '10ms');
    running.push(one);
    const lines = createInterface({ input: one.process.stdout ?? process.stdin });
    const swaps = async (count: number): Promise<number[]> => {
      const found: number[] = [];
      for (let swap = 0; swap < count; swap++) {
        // Until the next spare has booted.
        await sleep(1000);
        const changed = once(lines, 'line');
        await mlregMeanwhile(home, 'promote', `digits@${swap % 2 === 0 ? '1.1.0' : '1.0.0'}`, 'production');
        const [line] = (await changed) as [string];
        found.push((JSON.parse(line) as { change: { ms: number } }).change.ms);
      }
      return found;
    };
    const calm = await swaps(6);
    const load = { path, ...inferBodies(1, 'json'), connections: 8, port: one.port };
    let stop = false;
    const loop = (async () => {
      let failed = 0;
      let requests = 0;
      while (!stop) {
        const result = await driveOpenLoad({ ...load, rate: 500, duration: 1000 });
        failed += result.failed;
        requests += result.sent;
      }
      return { failed, requests };
    })();
    const loaded = await swaps(6);
    stop = true;
    const { failed, requests } = await loop;
    console.log(
      `swaps: calm ${calm.map((ms) => ms.toFixed(0)).join(' ')} ms, at 500/s ` +
        `${loaded.map((ms) => ms.toFixed(0)).join(' ')} ms; ${failed} of ${requests} requests failed`,
    );
    targets.push(target('swap, calm, ms', median(calm), '≤', 15));
    targets.push(target('swap, loaded, ms', median(loaded), '≤', 100));
    targets.push(target('failed requests in 6 swaps', failed, '≤', 0));
  }
} finally {
  await Promise.all(running.map(stopServer));
}
printTargets(targets);
