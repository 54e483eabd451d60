import type { Device } from '../core/device.ts';
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

/**
 * Rejects NOT_FOUND, saying what is missing, if ONNX Runtime cannot use the device here. The CPU needs
 * no trial; another device is tried in a child.
 */
export async function requireDevice(
  device: Device | undefined,
  signal: AbortSignal | undefined,
): Promise<void> {
  if (device === undefined || device === 'cpu') return;
  const outcome = await runJob(probeJob, device, { limits: deviceLimits, signal });
  if (outcome.status === 'no-runtime') throw runtimeMissing(outcome.message);
  const missing = outcome.status === 'ok' ? outcome.value.missing : outcome.message;
  if (missing === null) return;
  const which = outcome.status === 'ok' ? `ONNX Runtime ${outcome.value.onnxruntime}` : 'ONNX Runtime';
  throw new MlregError('NOT_FOUND', `${which} cannot use CUDA on this machine: ${missing}`, {
    hint:
      process.platform === 'linux' && process.arch === 'x64'
        ? 'it needs an NVIDIA GPU with its driver, CUDA 12, cuDNN 9, and the CUDA libraries of onnxruntime-node, which npm rebuild onnxruntime-node downloads; or use --device cpu'
        : 'onnxruntime-node has CUDA for Linux on x64 only: use --device cpu',
  });
}

/** The libraries of CUDA take seconds to load, and gigabytes of address space. */
const deviceLimits = { timeoutMs: 120_000, memoryLimitBytes: 8 * 1024 ** 3 };

/** The error for a `no-runtime` outcome. */
export function runtimeMissing(message: string): MlregError {
  return new MlregError('NOT_FOUND', `ONNX Runtime is not installed or failed to load: ${message}`, {
    hint: 'npm install -g --ignore-scripts onnxruntime-node  (omit -g if mlreg was installed without it)',
  });
}
