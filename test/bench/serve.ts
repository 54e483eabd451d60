/**
 * `npm run bench:serve`: CPU of the whole server per request, for digits_mlp over REST at 1, 8 and 32
 * connections, with a child and inline. Bodies vary. Rounds alternate between the servers, so that a
 * machine whose speed drifts treats all alike. `--seconds N`, `--rounds N`, `--only NAME`.
 */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { nextDouble, seededRandom } from '../../src/core/seeded-random.ts';
import { driveLoad, treeCpuMicros, treeMegabytes, type LoadResult } from '../support/http-load.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const bin = join(root, 'bin', 'mlreg.js');
const { values: flags } = parseArgs({
  options: {
    seconds: { type: 'string', default: '3' },
    rounds: { type: 'string', default: '3' },
    only: { type: 'string' },
  },
});
const [duration, rounds] = [Number(flags.seconds) * 1000, Number(flags.rounds)];

const cache = join(tmpdir(), `mlreg-bench-${userInfo().uid}`);
mkdirSync(cache, { recursive: true, mode: 0o700 });
const home = join(cache, 'registry');
if (!existsSync(join(home, 'registry.json'))) execFileSync(process.execPath, [bin, 'init', home]);
const model = join(root, 'test', 'fixtures', 'digits_mlp', 'model.onnx');
execFileSync(process.execPath, [bin, 'register', 'digits', model, '--no-git', '--registry', home]);

interface Server {
  name: string;
  process: ChildProcess;
  port: number;
}

async function startServer(name: string, ...args: string[]): Promise<Server> {
  const child = spawn(
    process.execPath,
    [bin, 'serve', 'digits', '--port', '0', '--json', '--registry', home, '--drain-delay', '0s', ...args],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  const { port } = JSON.parse(line.toString()) as { port: number };
  return { name, process: child, port };
}

/** 64 numbers with as many digits as a float32 of a client has, for each of `rows`. */
function bodiesOf(rows: number, kind: 'json' | 'binary'): Buffer[] {
  const random = seededRandom(7);
  return Array.from({ length: 256 }, () => {
    const data = Float32Array.from({ length: 64 * rows }, () => nextDouble(random) * 16);
    const input = { name: 'X', datatype: 'FP32', shape: [rows, 64] };
    if (kind === 'json') return Buffer.from(JSON.stringify({ inputs: [{ ...input, data: [...data] }] }));
    const head = JSON.stringify({
      inputs: [{ ...input, parameters: { binary_data_size: data.byteLength } }],
      parameters: { binary_data_output: true },
    });
    return Buffer.concat([Buffer.from(head), Buffer.from(data.buffer)]);
  });
}

const cases = [
  { name: 'JSON b1', rows: 1, kind: 'json', connections: 1 },
  { name: 'JSON b1', rows: 1, kind: 'json', connections: 8 },
  { name: 'JSON b1', rows: 1, kind: 'json', connections: 32 },
  { name: 'JSON b32', rows: 32, kind: 'json', connections: 8 },
  { name: 'binary b1', rows: 1, kind: 'binary', connections: 8 },
] as const;

const kinds: [name: string, ...args: string[]][] = [['child'], ['inline', '--isolation', 'none']];
const servers: Server[] = [];
for (const [name, ...args] of kinds)
  if (flags.only === undefined || flags.only === name) servers.push(await startServer(name, ...args));
const memory = servers.map((server) => treeMegabytes(server.process.pid ?? 0));

interface Measured {
  micros: number[];
  results: LoadResult[];
}
for (const { name, rows, kind, connections } of cases) {
  const bodies = bodiesOf(rows, kind);
  // All heads are equally long.
  const length = (bodies[0]?.indexOf('true}}') ?? 0) + 6;
  const measured = servers.map((): Measured => ({ micros: [], results: [] }));
  for (let round = 0; round <= rounds; round++) {
    for (const [at, server] of servers.entries()) {
      const pid = server.process.pid ?? 0;
      const before = treeCpuMicros(pid);
      const result = await driveLoad({
        port: server.port,
        path: '/v2/models/digits/infer',
        bodies,
        headers: kind === 'binary' ? { 'Inference-Header-Content-Length': String(length) } : {},
        connections,
        duration: round === 0 ? duration / 3 : duration,
      });
      if (result.failed > 0) throw new Error(`${server.name}: ${result.failed} requests failed`);
      // The first round warms up.
      if (round === 0) continue;
      measured[at]?.micros.push((treeCpuMicros(pid) - before) / result.requests);
      measured[at]?.results.push(result);
    }
  }
  for (const [at, { micros, results }] of measured.entries()) {
    const of = (share: number): number =>
      median(results.map(({ latencies }) => latencies[Math.floor(share * (latencies.length - 1))] ?? 0));
    console.log(
      `${name.padEnd(10)} ${String(connections).padStart(2)} connections  ${(servers[at]?.name ?? '').padEnd(7)}` +
        ` ${median(micros).toFixed(1).padStart(7)} µs CPU a request` +
        ` ${Math.round(median(results.map(({ perSecond }) => perSecond)))
          .toString()
          .padStart(7)}/s` +
        `  p50 ${of(0.5).toFixed(2)} ms  p99 ${of(0.99).toFixed(2)} ms`,
    );
  }
}
for (const [at, server] of servers.entries()) {
  const after = treeMegabytes(server.process.pid ?? 0);
  console.log(
    `${server.name}: ${Math.round(memory[at] ?? 0)} MB at start, ${Math.round(after)} MB after the load`,
  );
  server.process.kill('SIGTERM');
}

function median(values: number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? NaN;
}
