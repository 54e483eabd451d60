// Entry of the child process that owns ONNX Runtime: argv is the parent's id and a memory limit in bytes (0: the parent watches).
import { runBenchJob } from './bench/child/bench-job.ts';
import type { Job, JobProgress } from './runtime/jobs.ts';
import type { ChildMessage } from './runtime/sandbox.ts';
import { startWatchdog } from './runtime/watchdog.ts';

// Ctrl-C goes to the whole process group; the parent decides what it means, and ends this process.
process.on('SIGINT', () => undefined);
process.on('disconnect', () => process.exit());

const job = new Promise<Job>((resolve) => process.once('message', (message) => resolve(message as Job)));
await startWatchdog(Number(process.argv[2]), Number(process.argv[3]));
await answer(await job);

async function answer(job: Job): Promise<void> {
  // Where this class exists, onnxruntime-common makes float16 tensors of it, and onnxruntime-node 1.30 then finds them empty
  // (microsoft/onnxruntime pull request 32323). Without it both use Uint16Array, as on Node 22.
  Reflect.deleteProperty(globalThis, 'Float16Array');
  const runtime = await import('onnxruntime-node').catch((error: unknown) => error as Error);
  if (runtime instanceof Error) return send({ kind: 'no-runtime', message: firstLine(runtime) });
  try {
    const report = (progress: JobProgress): Promise<void> => send({ kind: 'progress', progress });
    // Loaded when it is needed: what a bench measures of this process is to stay small.
    const value =
      job.kind === 'probe'
        ? { onnxruntime: runtime.env.versions.node ?? runtime.env.versions.common }
        : job.kind === 'bench'
          ? await runBenchJob(runtime, job, report)
          : job.kind === 'pair'
            ? await (await import('./bench/child/pair-job.ts')).runPairJob(runtime, job, report)
            : job.kind === 'profile'
              ? await (await import('./bench/child/profile-job.ts')).runProfileJob(runtime, job, report)
              : job.kind === 'load'
                ? await (await import('./bench/child/load-job.ts')).runLoadJob(job, report)
                : await (await import('./runtime/golden-job.ts')).runGoldenJob(runtime, job, report);
    await send({ kind: 'ok', value });
  } catch (error) {
    await send({ kind: 'error', message: error instanceof Error ? error.message : String(error) });
  }
}

/** Resolves when the message has left this process. */
function send(message: ChildMessage): Promise<void> {
  return new Promise((resolve) => process.send?.(message, () => resolve()));
}

function firstLine(error: Error): string {
  return error.message.split('\n', 1)[0] ?? '';
}
