/**
 * `npm run fuzz -- --seconds 60`: sends made-up requests over HTTP, gRPC and bare connections to
 * `mlreg serve`, and says which of them are not answered as they should be, end a process or keep the
 * server from answering good ones. `--seed N` repeats a run; `--kind rest --number N` sends one case
 * again, as long as `seeds.ts`, of which the cases are made, stays. What is found becomes a case of
 * `serve/guard/hostile-requests.test.ts` or of `serve/grpc/`.
 */
import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import { openCampaign, type Kind } from './campaign.ts';

const { values: flags } = parseArgs({
  options: {
    seconds: { type: 'string', default: '60' },
    seed: { type: 'string' },
    kind: { type: 'string' },
    number: { type: 'string' },
  },
});
const seed = Number(flags.seed ?? randomInt(2 ** 31));
const kinds = (flags.kind === undefined ? ['rest', 'grpc', 'wire'] : [flags.kind]) as Kind[];
const batch = 200;
const reportMs = 10_000;

const cleanups: (() => void | Promise<void>)[] = [];
const campaign = await openCampaign({ after: (action) => void cleanups.push(action) }, seed);
process.on('uncaughtException', (error) => {
  console.log(`the server's process ended by an error that nobody caught, seed ${seed}`, error);
  process.exit(1);
});
console.log(`seed ${seed}`);

const megabytes = (): string => `${(process.memoryUsage().rss / 1e6).toFixed(0)} MB`;
const started = performance.now();
let reported = started;
let sent = 0;
let findings = 0;
const round = async (from: number, count: number): Promise<void> => {
  for (const kind of kinds) {
    const found = await campaign.send(
      kind,
      Array.from({ length: count }, (_, at) => from + at),
    );
    sent += count;
    findings += found.length;
    for (const { number, what } of found)
      console.log(`--seed ${seed} --kind ${kind} --number ${number}: ${what}`);
  }
};
if (flags.number !== undefined) await round(Number(flags.number), 1);
else
  for (let from = 0; performance.now() - started < 1000 * Number(flags.seconds); from += batch) {
    await round(from, batch);
    if (performance.now() - reported < reportMs) continue;
    reported = performance.now();
    console.log(
      `${((reported - started) / 1000).toFixed(0)} s: ${sent} cases, ${findings} findings, ${megabytes()}`,
    );
  }
for (const action of cleanups.toReversed()) await action();
console.log(`${sent} cases, ${findings} findings, ${megabytes()}; again: npm run fuzz -- --seed ${seed}`);
process.exitCode = findings === 0 ? 0 : 1;
