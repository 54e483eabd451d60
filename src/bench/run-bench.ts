import type { BenchJob, BenchJobResult, GoldenChecks } from '../onnx/jobs.ts';
import { runSandboxed, runtimeMissing, type SandboxOutcome } from '../onnx/sandbox.ts';
import { chooseFeeds } from './choose-feeds.ts';
import { chooseOutputs, chooseSession, resolvePlan, sizeOf } from './choose-model.ts';
import { readCounters } from './environment.ts';
import { launchLimits } from './launch-limits.ts';
import {
  goldenBytes,
  refuseChangedInputs,
  toGoldenFiles,
  whyUntimed,
  type ModelToTime,
} from './model-to-time.ts';
import { shareOf, type BenchPlan, type ResolvedPlan } from './plan.ts';
import { reportBench, type LaunchFailure } from './report-bench.ts';
import type { BenchMeasurement, BenchProgress } from './result.ts';
import { addProfile } from './run-profile.ts';

export interface BenchInput extends ModelToTime {
  plan: BenchPlan;
  /** Inputs to feed, where they are not the golden set's or synthetic: files as those of a golden set. */
  inputFiles?: Map<string, string> | null;
  signal?: AbortSignal | undefined;
  onProgress?: ((progress: BenchProgress) => void) | undefined;
}

/**
 * Measures the latency of one model on this machine: as many launches of a child process as planned, one after the other. Each holds it to
 * its golden set, if there is one, before and after. A model that crashes, hangs, eats the memory or is refused is a result with that status. Rejects
 * INVALID_INPUT when the inputs cannot be made as asked, NOT_FOUND without ONNX Runtime, INTERRUPTED when aborted.
 */
export async function runBench(input: BenchInput): Promise<BenchMeasurement> {
  const { version: inputs } = chooseFeeds(input, null, input.plan, input.inputFiles ?? null);
  const outputs = chooseOutputs(input.signature);
  const bytes = (input.modelBytes ?? sizeOf(input.modelFile)) + inputs.bytes + goldenBytes(input);
  const plan = resolvePlan(input.plan, bytes);
  const session = chooseSession(plan, { shared: false });

  const before = readCounters();
  const results: BenchJobResult[] = [];
  const checks: (GoldenChecks | null)[] = [];
  let loaded: BenchJobResult | null = null;
  let failure: LaunchFailure | null = null;
  const deadline = performance.now() + plan.timeoutMs;
  for (let launch = 0; launch < plan.launches && failure === null; launch++) {
    const job: BenchJob = {
      kind: 'bench',
      modelFile: input.modelFile,
      session,
      feeds: inputs.feeds,
      fetches: outputs.fetched,
      golden: toGoldenFiles(input, plan),
      warmup: plan.warmup,
      minMs: plan.durationMs / plan.launches,
      minRuns: shareOf(plan.minRuns, plan.launches, launch),
      maxRuns: shareOf(plan.maxRuns, plan.launches, launch),
    };
    const outcome = await runLaunch(input, plan, job, launch, results, deadline);
    if (outcome.status === 'no-runtime') throw runtimeMissing(outcome.message);
    if (outcome.status === 'ok') {
      const { value, stderr } = outcome;
      checks.push(value.golden);
      const message = whyUntimed(input, checks);
      if (message === null) results.push(value);
      else {
        loaded = value;
        failure = { status: 'error', message, stderr, launch: launch + 1 };
      }
    } else failure = { ...outcome, status: outcome.status, launch: launch + 1 };
  }
  refuseChangedInputs(results);
  const measured = reportBench({
    plan,
    inputs,
    outputs,
    session,
    results,
    loaded,
    golden: input.golden ?? null,
    checks,
    failure,
    before,
    after: readCounters(),
  });
  const model = { modelFile: input.modelFile, feeds: inputs.feeds, fetches: outputs.fetched };
  return {
    ...measured,
    report: await addProfile(measured.report, { ...input, plan, model, session, deadline }),
  };
}

async function runLaunch(
  { signal, onProgress }: BenchInput,
  plan: ResolvedPlan,
  job: BenchJob,
  launch: number,
  earlier: readonly BenchJobResult[],
  deadline: number,
): Promise<SandboxOutcome<BenchJob>> {
  const runsBefore = earlier.reduce((sum, { samples }) => sum + samples.length, 0);
  const tell = (phase: BenchProgress['phase'], runs: number, done: number): void =>
    onProgress?.({
      phase,
      launch: launch + 1,
      launches: plan.launches,
      runs: runsBefore + runs,
      fraction: (launch + done) / plan.launches,
    });
  tell('start', 0, 0);
  let timed: number | null = null;
  const outcome = await runSandboxed(job, {
    limits: launchLimits(plan, deadline),
    signal,
    onProgress: ({ phase, runs, timedMs }) => {
      if (phase === 'warmup') return tell(phase, 0, 0);
      timed = runs;
      tell(phase, runs, Math.min(1, runs / job.minRuns, job.minMs > 0 ? timedMs / job.minMs : 1));
    },
  });
  if (outcome.status === 'ok' && launch === plan.launches - 1) tell('done', outcome.value.samples.length, 1);
  if (outcome.status === 'timeout') return { ...outcome, message: `${outcome.message}${howFar(timed, job)}` };
  return outcome;
}

/** A model that is only slow is told apart from one that hangs. */
function howFar(timed: number | null, { minRuns }: BenchJob): string {
  if (timed === null) return ', before any run was timed';
  return `, after ${timed.toLocaleString('en')} timed runs of at least ${minRuns.toLocaleString('en')}: ask for fewer, or for more time`;
}
