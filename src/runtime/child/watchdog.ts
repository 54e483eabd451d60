import { once } from 'node:events';
import { Worker } from 'node:worker_threads';

/** Written to stderr by the child before it ends itself for taking too much memory. */
export const memoryMarker = 'mlreg-child: over the memory limit';

const parentPollMs = 250;
const memoryPollMs = 20;

/**
 * The thread's whole program, as text so that it needs no file of its own in the bundle. ONNX
 * Runtime blocks the main thread for as long as it likes, and with it the 'disconnect' event that
 * tells of the parent's death; a thread with an event loop of its own still runs. A dead parent
 * shows as another parent id or, on Windows, as an id that is gone.
 */
const program = `
const { workerData: { parent, limit, marker, parentPollMs, memoryPollMs } } = require('node:worker_threads');
const die = () => process.kill(process.pid, 'SIGKILL');
setInterval(() => {
  if (process.ppid !== parent) die();
  try { process.kill(parent, 0); } catch (error) { if (error.code === 'ESRCH') die(); }
}, parentPollMs);
if (limit > 0) setInterval(() => {
  if (process.memoryUsage.rss() <= limit) return;
  require('node:fs').writeSync(2, marker + '\\n');
  die();
}, memoryPollMs);
`;

/**
 * Ends this process when `parent` (a process id) is no longer there, within about half a second,
 * and when it holds more than `limit` bytes (0: no limit). Resolves when the watch has begun.
 */
export async function startWatchdog(parent: number, limit: number): Promise<void> {
  const workerData = { parent, limit, marker: memoryMarker, parentPollMs, memoryPollMs };
  const worker = new Worker(program, {
    eval: true,
    workerData,
    resourceLimits: { maxOldGenerationSizeMb: 32 },
  });
  worker.unref();
  await once(worker, 'online');
}
