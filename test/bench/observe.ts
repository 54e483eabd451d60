/**
 * `npm run bench:observe`: what metrics and log cost a server per request, in CPU time of this
 * process: at most 3 µs together. 400 requests every few milliseconds, as under load, so that
 * writing and the garbage of all of it count; the requests themselves are measured alone, first,
 * and taken off. The best of some rounds, since other programs only ever make it slower.
 *
 *     npm run bench:observe -- --rounds 5
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { beginExchange } from '../../src/serve/observe/exchange.ts';
import { fileSink } from '../../src/serve/observe/log-sink.ts';
import { openObserver, type Observer } from '../../src/serve/observe/observer.ts';
import { requestIds } from '../../src/serve/observe/request-id.ts';

const { values: flags } = parseArgs({ options: { rounds: { type: 'string', default: '5' } } });
const requests = 200_000;
const most = 3;

const folder = mkdtempSync(join(tmpdir(), 'mlreg-bench-'));
const common = {
  version: '0',
  onnxruntime: () => null,
  versions: () => [],
  isReady: () => true,
  tritonNames: false,
  folders: [],
  env: {},
  cache: () => null,
};
const head = { method: 'POST', url: '/v2/models/digits/infer', remote: '127.0.0.1', headers: {} };
const makeId = requestIds();

/** Microseconds of CPU time per request. */
async function costOf(observe: Observer['observe']): Promise<number> {
  const before = process.cpuUsage();
  for (let done = 0; done < requests; done += 400) {
    for (let index = 0; index < 400; index += 1)
      observe({
        protocol: 'rest',
        infers: true,
        model: 'digits',
        version: '1.0.0',
        code: 200,
        totalMs: 0.3 + index / 1000,
        queueMs: 0.02 + index / 10_000,
        computeMs: 0.1,
        batch: 4,
        exchange: beginExchange(head, makeId),
      });
    await sleep(2);
  }
  const { user, system } = process.cpuUsage(before);
  return (user + system) / requests;
}

const observers: Record<string, Observer> = {
  metrics: openObserver({ ...common, log: undefined }),
  'metrics and log': openObserver({ ...common, log: fileSink(join(folder, 'access.log')) }),
};
let sink = 0;
const nothing: Observer['observe'] = ({ code }) => void (sink += code);
let bare = Infinity;
const best = new Map<string, number>();
try {
  for (let round = 0; round < Number(flags.rounds); round += 1) {
    bare = Math.min(bare, await costOf(nothing));
    for (const [name, { observe }] of Object.entries(observers))
      best.set(name, Math.min(await costOf(observe), best.get(name) ?? Infinity));
  }
} finally {
  for (const observer of Object.values(observers)) await observer.close();
  rmSync(folder, { recursive: true, force: true });
}
for (const [name, cost] of best) console.log(`${name}: ${cost.toFixed(2)} µs of CPU per request`);
if ((best.get('metrics and log') ?? Infinity) - bare > most) {
  console.log(`more than ${most} µs`);
  process.exitCode = 1;
}
