import { MlregError } from '../core/errors.ts';
import { duckDbJob, type DuckDbAnswer } from './child/duckdb-job.ts';
import { probeJob, type ProbeAnswer } from './child/probe-job.ts';
import { runJob, type JobOutcome } from './run-job.ts';

/** Loading takes a fraction of a second, on a busy machine some seconds. */
const limits = { timeoutMs: 30_000, memoryLimitBytes: 1024 ** 3 };

/** Whether ONNX Runtime loads here, and its version. Rejects as `runJob` does. */
export function probeRuntime(signal: AbortSignal | undefined): Promise<JobOutcome<ProbeAnswer>> {
  return runJob(probeJob, null, { limits, signal });
}

/** Whether DuckDB loads here, and its version. Rejects as `runJob` does. */
export function probeDuckDb(signal: AbortSignal | undefined): Promise<JobOutcome<DuckDbAnswer>> {
  return runJob(duckDbJob, null, { limits, signal });
}

/** The error for a `no-runtime` outcome. */
export function runtimeMissing(message: string): MlregError {
  return new MlregError('NOT_FOUND', `ONNX Runtime is not installed or failed to load: ${message}`, {
    hint: 'npm install -g --ignore-scripts onnxruntime-node  (omit -g if mlreg was installed without it)',
  });
}
