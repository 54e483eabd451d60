/**
 * `npm run soak:serve`: half of what the server can take, for 30 minutes (`--minutes N`). Prints the
 * memory and the open files of the front and its children once a minute, and whether they are flat.
 */
import { readdirSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { driveLoad, treeMegabytes, treeOf } from '../support/http-load.ts';
import { driveOpenLoad } from '../support/open-load.ts';
import { at, inferBodies, median, openDigits, startServer, stopServer } from './serve-registry.ts';

const { values: flags } = parseArgs({ options: { minutes: { type: 'string', default: '30' } } });
const minutes = Number(flags.minutes);
const home = openDigits('serve-soak');
const server = await startServer(home, 'digits@production');
const pid = server.process.pid ?? 0;
const load = { port: server.port, path: '/v2/models/digits/infer', ...inferBodies(1, 'json') };

/** Of all processes together. */
function handles(): number {
  return treeOf(pid).reduce((sum, one) => sum + readdirSync(`/proc/${one}/fd`).length, 0);
}

const figures: { megabytes: number; handles: number }[] = [];
let failed = 0;
try {
  await driveLoad({ ...load, connections: 32, duration: 1000 });
  const { perSecond } = await driveLoad({ ...load, connections: 32, duration: 3000 });
  const rate = perSecond / 2;
  console.log(`${rate.toFixed(0)} requests a second, half of the capacity, for ${minutes} minutes`);
  console.log('minute      MB  handles  processes  p50 ms  p99 ms  failed');
  for (let minute = 1; minute <= minutes; minute++) {
    const result = await driveOpenLoad({ ...load, connections: 32, rate, duration: 60_000 });
    failed += result.failed;
    const now = { megabytes: treeMegabytes(pid), handles: handles() };
    figures.push(now);
    const { latencies } = result;
    console.log(
      `${String(minute).padStart(6)} ${now.megabytes.toFixed(1).padStart(7)} ${String(now.handles).padStart(8)} ` +
        `${String(treeOf(pid).length).padStart(10)} ${at(latencies, 0.5).toFixed(2).padStart(7)} ` +
        `${at(latencies, 0.99).toFixed(2).padStart(7)} ${String(result.failed).padStart(7)}`,
    );
  }
} finally {
  await stopServer(server);
}

/** The medians of the first and the last third: a leak shows, a collection of garbage does not. */
const third = Math.max(1, Math.floor(figures.length / 3));
const grown = (key: 'megabytes' | 'handles'): number =>
  median(figures.slice(-third).map((one) => one[key])) -
  median(figures.slice(0, third).map((one) => one[key]));
const start = median(figures.slice(0, third).map(({ megabytes }) => megabytes));
const isFlat = grown('megabytes') <= Math.max(5, 0.05 * start) && grown('handles') <= 2 && failed === 0;
console.log(
  `${isFlat ? 'flat' : 'NOT FLAT'}: ${grown('megabytes').toFixed(1)} MB and ${grown('handles')} handles more in the last ` +
    `third than in the first, ${failed} requests failed`,
);
process.exitCode = isFlat ? 0 : 1;
