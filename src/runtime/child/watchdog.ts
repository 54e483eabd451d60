import { once } from 'node:events';
import { Worker } from 'node:worker_threads';

/** The child writes this to stderr before it ends itself for taking too much memory. */
export const memoryMarker = 'mlreg-child: over the memory limit';

const parentPollMs = 250;
const memoryPollMs = 20;

/**
 * The whole program of the thread, as text so that the bundle needs no file for it. ONNX Runtime
 * can block the main thread for any time, and with it the 'disconnect' event that reports the
 * parent's death; a thread with its own event loop still runs. A dead parent shows as a different
 * parent id or, on Windows, as an id that no longer exists.
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
 * Ends this process within about half a second when the process `parent` (an id) no longer exists,
 * and when it holds more than `limit` bytes (0: no limit). Resolves when the watch has started.
 */
export async function startWatchdog(parent: number, limit: number): Promise<void> {
  const workerData = { parent, limit, marker: memoryMarker, parentPollMs, memoryPollMs };
  const worker = new Worker(program, {
    eval: true,
    workerData,
    resourceLimits: { maxOldGenerationSizeMb: 32 },
  });
  await once(worker, 'online');
  worker.unref();
}
