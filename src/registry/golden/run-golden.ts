import type { Signature } from '../../core/versions/signature.ts';
import { type GoldenSetOnDisk, loadedBytes } from '../../onnx/golden/golden-set.ts';
import type { Tolerance } from '../../onnx/tensors/compare-tensors.ts';
import { toSetFiles, type GoldenProgress } from '../../runtime/child/golden-cases.ts';
import { goldenJob, type GoldenAnswer } from '../../runtime/child/golden-job.ts';
import { defaultMemoryLimit, type JobLimits } from '../../runtime/run-job.ts';
import { runtimeMissing } from '../../runtime/probe-runtime.ts';
import { runJob, type JobOutcome } from '../../runtime/run-job.ts';

/** A model that runs in the child, and how far it may go there. */
export interface ModelToRun {
  /** Its external data lies next to it. */
  modelFile: string;
  /** Bytes of the model with its external data, for the memory limit. */
  modelBytes: number;
  signature: Signature;
  /** Wall-clock limit; absent: a minute for each case. */
  timeoutMs?: number | undefined;
  memoryLimitBytes?: number | undefined;
  signal?: AbortSignal | undefined;
}

export interface GoldenRun extends ModelToRun {
  sets: readonly GoldenSetOnDisk[];
  /** Takes precedence over the golden sets' own tolerances. */
  tolerance?: Partial<Tolerance> | undefined;
  onProgress?: ((progress: GoldenProgress) => void) | undefined;
}

export type GoldenOutcome = Exclude<JobOutcome<GoldenAnswer, GoldenProgress>, { status: 'no-runtime' }>;

/** One thread: the order of additions is then the same on every machine. */
export const oneThread = { intraOpThreads: 1, interOpThreads: 1, extra: {} };

const defaultTimeoutMs = 60_000;

/**
 * Runs a model on golden sets, in one child process with one thread. A model that crashes, hangs,
 * runs out of memory or is refused gives an outcome with that status. NOT_FOUND without ONNX
 * Runtime.
 */
export async function runGolden(run: GoldenRun): Promise<GoldenOutcome> {
  const { modelFile, signature, sets, tolerance = {}, signal, onProgress } = run;
  const job = { modelFile, session: oneThread, signature, sets: toSetFiles(sets), tolerance };
  const bytes = sets.reduce((sum, { files }) => sum + loadedBytes(files), 0);
  const outcome = await runJob(goldenJob, job, { limits: limitsOf(run, bytes), signal, onProgress });
  if (outcome.status === 'no-runtime') throw runtimeMissing(outcome.message);
  const last = outcome.lastProgress;
  if (outcome.status === 'ok' && last !== null) onProgress?.({ ...last, done: last.total });
  return outcome;
}

/** `inputBytes`: what the child loads besides the model. */
export function limitsOf(
  { timeoutMs, memoryLimitBytes, modelBytes }: ModelToRun,
  inputBytes: number,
): JobLimits {
  return {
    timeoutMs: timeoutMs ?? defaultTimeoutMs,
    timeoutIsStall: timeoutMs === undefined,
    memoryLimitBytes:
      memoryLimitBytes ?? defaultMemoryLimit(modelBytes + inputBytes, process.constrainedMemory() || null),
  };
}
