import type { ChildMessage, JobRequest } from '../job-kind.ts';
import { loadRuntime, type Runtime } from './session.ts';
import { startWatchdog } from './watchdog.ts';

/** How to load each kind of job, by its name. */
export type JobKinds = Readonly<Record<string, () => Promise<JobModule>>>;

/**
 * A module that exports a `RunJob`. Only the two sides of its owner know what the job takes and
 * returns; here it can be anything.
 */
interface JobModule {
  run(runtime: Runtime, job: unknown, report: (progress: unknown) => Promise<void>): Promise<unknown>;
}

/**
 * Waits for the one job that this process was started for, runs it and sends the outcome; see
 * `runJob`. Loads only the module of that kind: what a bench measures of this process should stay
 * small.
 */
export async function answerJob(kinds: JobKinds): Promise<void> {
  // Ctrl-C goes to the whole process group. The parent decides what it means, and ends this
  // process.
  process.on('SIGINT', () => undefined);
  // The parent is gone. An exit would end the watchdog and then wait for native work, which may wait
  // for this thread: DuckDB calls functions of ours.
  process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));
  const request = new Promise<JobRequest>((resolve) =>
    process.once('message', (message) => resolve(message as JobRequest)),
  );
  const [parent, memoryLimitBytes] = process.argv.slice(2).map(Number);
  // Without arguments, the parent has somebody else watch: see guard.ts.
  if (parent !== undefined) await startWatchdog(parent, memoryLimitBytes ?? 0);
  await send(await resultOf(await request, kinds));
}

async function resultOf({ kind, job }: JobRequest, kinds: JobKinds): Promise<ChildMessage> {
  const runtime = await loadRuntime().catch((error: unknown) => asError(error));
  if (runtime instanceof Error)
    return { kind: 'no-runtime', message: runtime.message.split('\n', 1)[0] ?? '' };
  try {
    const load = Object.hasOwn(kinds, kind) ? kinds[kind] : undefined;
    if (load === undefined) throw new Error(`no job of kind "${kind}" is known to the child`);
    const owner = await load();
    const report = (progress: unknown): Promise<void> => send({ kind: 'progress', progress });
    return { kind: 'ok', value: await owner.run(runtime, job, report) };
  } catch (error) {
    return { kind: 'error', message: asError(error).message };
  }
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}

/** Resolves when the message has left this process. */
function send(message: ChildMessage): Promise<void> {
  return new Promise((resolve) => process.send?.(message, () => resolve()));
}
