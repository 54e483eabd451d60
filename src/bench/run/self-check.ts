import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { formatDuration } from '../../core/text/units.ts';
import { MlregError } from '../../core/errors.ts';
import { runtimeMissing } from '../../runtime/probe-runtime.ts';
import { runJob } from '../../runtime/run-job.ts';
import { withScratchFolder } from '../../files/scratch.ts';
import { pairJob, type PairAnswer, type PairJob } from '../child/pair-job.ts';
import type { TimedModel } from '../child/timed-model.ts';
import { chooseSession, resolvePlan } from '../plan/choose-model.ts';
import { hostDrift, readCounters } from '../../machine/environment.ts';
import { summarizeNoise, type MachineNoise } from './machine-noise.ts';
import { planBench, shareOf, type ResolvedPlan } from '../plan/plan.ts';
import { selfCheckInput, selfCheckModel, selfCheckOutput } from './self-check-model.ts';

export interface SelfCheckInput {
  /** Approximate total duration in milliseconds. */
  durationMs: number;
  signal?: AbortSignal | undefined;
  /** 0 … 1. */
  onProgress?: ((fraction: number) => void) | undefined;
}

/** How the child of a comparison ended, if it failed. */
export interface SelfCheckFailure {
  status: 'crash' | 'timeout' | 'oom' | 'error';
  message: string;
}

const defaultMs = 30_000;
/**
 * Approximate duration of a comparison. Part of each launch is not timed: the child starts, and two
 * sessions warm up.
 */
const comparisonMs = 3000;
const untimedMs = 500;
/** Minimum timed milliseconds of each model in a launch: five blocks; an interval needs two. */
const leastTimedMs = 100;
/** Takes a tenth of a second: the model is known. */
const warmupRuns = 500;
const fewest = 2;
const most = 200;

/** How long a self-check takes for this requested duration. INVALID_INPUT if it is out of range. */
export function selfCheckDuration(durationMs: number | undefined): number {
  if (durationMs === undefined) return defaultMs;
  if (durationMs >= 1000 && durationMs <= 3600e3) return durationMs;
  throw new MlregError(
    'INVALID_INPUT',
    `--duration must be between 1s and 1h, not ${formatDuration(durationMs)}`,
    {
      hint: 'mlreg doctor --bench --duration 2m',
    },
  );
}

/**
 * Compares a model with itself as the gate does: several child processes, alternating blocks in
 * each, and the ratio of percentiles with an interval from resampled pairs of blocks. Makes as many
 * comparisons as fit into the time, at least two. Rejects NOT_FOUND without ONNX Runtime,
 * INTERRUPTED when aborted.
 */
export async function selfCheck(input: SelfCheckInput): Promise<MachineNoise | SelfCheckFailure> {
  const comparisons = Math.max(fewest, Math.min(most, Math.floor(input.durationMs / comparisonMs)));
  // Threads, limits and launches are those of a bench.
  const plan = resolvePlan(planBench({}), 2 ** 20);
  const perLaunch = input.durationMs / comparisons / plan.launches;
  const timedMs = Math.max(leastTimedMs, (perLaunch - untimedMs) / 2);
  return withScratchFolder('check', async (folder) => {
    const modelFile = join(folder, 'model.onnx');
    await writeFile(modelFile, selfCheckModel());
    const before = readCounters();
    const results: PairAnswer['pairs'][] = [];
    const total = comparisons * plan.launches;
    while (results.length < total) {
      input.onProgress?.(results.length / total);
      const job = jobFor(modelFile, timedMs, results.length + 1, plan);
      const outcome = await runJob(pairJob, job, { limits: plan, signal: input.signal });
      if (outcome.status === 'no-runtime') throw runtimeMissing(outcome.message);
      if (outcome.status !== 'ok') return { status: outcome.status, message: outcome.message };
      results.push(outcome.value.pairs);
    }
    input.onProgress?.(1);
    return summarizeNoise(
      Array.from({ length: comparisons }, (_, at) =>
        results.slice(at * plan.launches, (at + 1) * plan.launches),
      ),
      hostDrift(before, readCounters()),
    );
  });
}

function jobFor(modelFile: string, timedMs: number, seed: number, plan: ResolvedPlan): PairJob {
  const { name, shape } = selfCheckInput;
  const model = (): TimedModel => ({
    modelFile,
    feeds: [{ name, dtype: 'float32', shape, fill: { kind: 'uniform', low: 0, high: 1 }, seed: plan.seed }],
    fetches: [selfCheckOutput],
  });
  return {
    subject: model(),
    baseline: model(),
    session: chooseSession(plan, { shared: true }),
    seed,
    warmup: warmupRuns,
    minMs: timedMs,
    minRuns: shareOf(plan.minRuns, plan.launches, 0),
    maxRuns: plan.maxRuns,
  };
}
