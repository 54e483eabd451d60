import type { GoldenJob, GoldenJobProgress, GoldenJobResult } from './jobs.ts';
import { runGoldenCases } from './run-golden.ts';
import { sessionOptions } from './session-options.ts';

type Runtime = typeof import('onnxruntime-node');

/** Holds a model to its golden set, in a session of its own. Only ever in the child. */
export async function runGoldenJob(
  runtime: Runtime,
  job: GoldenJob,
  report: (progress: GoldenJobProgress) => Promise<void>,
): Promise<GoldenJobResult> {
  const session = await runtime.InferenceSession.create(job.modelFile, sessionOptions(job.session));
  const cases = await runGoldenCases(runtime, session, job, report);
  return { onnxruntime: runtime.env.versions.node ?? runtime.env.versions.common, cases };
}
