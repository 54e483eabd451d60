import type { SessionChoices } from '../../runtime/child/session.ts';
import type { JobKind } from '../../runtime/job-kind.ts';
import { runtimeMissing } from '../../runtime/probe-runtime.ts';
import { runJob } from '../../runtime/run-job.ts';
import type { BenchAnswer } from '../child/bench-job.ts';
import type { TimingProgress } from '../child/timed-runs.ts';
import { chooseFeeds } from '../plan/choose-feeds.ts';
import { type ChosenInputs, chooseSession, launchLimits, resolvePlan, sizeOf } from '../plan/choose-model.ts';
import { chooseOutputs } from '../../onnx/feeds/feed-dtypes.ts';
import type { BenchPlan, ResolvedPlan } from '../plan/plan.ts';
import type { GoldenChecks } from '../report/golden-report.ts';
import type { LaunchFailure } from '../report/report-bench.ts';
import type { BenchProgress } from '../report/result.ts';
import { type ModelToTime, goldenBytes, refuseChangedInputs, whyUntimed } from './model-to-time.ts';

export interface BenchInput extends ModelToTime {
  plan: BenchPlan;
  /**
   * Files of inputs in the form of a golden set, used instead of the golden set's or synthetic
   * ones.
   */
  inputFiles?: Map<string, string> | null;
  signal?: AbortSignal | undefined;
  onProgress?: ((progress: BenchProgress) => void) | undefined;
}

/** What is decided before the first launch. */
export interface Prepared {
  plan: ResolvedPlan;
  inputs: ChosenInputs;
  outputs: { fetched: string[]; skipped: string[] };
  session: SessionChoices;
  /** When the time for all launches is up: a reading of performance.now(). */
  deadline: number;
}

/** INVALID_INPUT if the inputs cannot be made as requested. */
export function prepare(input: BenchInput): Prepared {
  const { version: inputs } = chooseFeeds(input, null, input.plan, input.inputFiles ?? null);
  const outputs = chooseOutputs(input.signature);
  const bytes = (input.modelBytes ?? sizeOf(input.modelFile)) + inputs.bytes + goldenBytes(input);
  const plan = resolvePlan(input.plan, bytes);
  const session = chooseSession(plan, { shared: plan.concurrency > 1 });
  return { plan, inputs, outputs, session, deadline: performance.now() + plan.timeoutMs };
}

/** What every launch answers, whatever it timed. */
type LaunchAnswer = Pick<BenchAnswer, 'golden' | 'inputSha256'>;

/** One launch, and how to measure its progress. */
export interface Launch<Job, Answer> {
  job: Job;
  /** The share that is done after this many timed runs and milliseconds, from 0 to 1 or beyond. */
  shareDone: (runs: number, timedMs: number) => number;
  runsOf: (result: Answer) => number;
  /** The minimum number of timed runs; null if the number of runs does not end it. */
  leastRuns: number | null;
}

export interface Launched<Answer> {
  /** Of the launches that ended well, in order. */
  results: Answer[];
  /** A launch that failed its golden set, and therefore was not timed. */
  loaded: Answer | null;
  /** Results of the golden set, of each launch that reached the check. */
  checks: (GoldenChecks | null)[];
  /** The failure of the last launch. */
  failure: LaunchFailure | null;
}

/**
 * Runs the planned jobs in one child process each, one after another, until one fails. NOT_FOUND
 * without ONNX Runtime, INTERRUPTED when aborted.
 */
export async function runLaunches<Job, Answer extends LaunchAnswer>(
  kind: JobKind<Job, TimingProgress, Answer>,
  input: BenchInput,
  { plan, deadline }: Prepared,
  launchOf: (launch: number) => Launch<Job, Answer>,
): Promise<Launched<Answer>> {
  const launched: Launched<Answer> = { results: [], loaded: null, checks: [], failure: null };
  const { results, checks } = launched;
  let runsBefore = 0;
  for (let launch = 0; launch < plan.launches; launch++) {
    const { job, shareDone, runsOf, leastRuns } = launchOf(launch);
    const tell = (phase: BenchProgress['phase'], runs: number, done: number): void =>
      input.onProgress?.({
        phase,
        launch: launch + 1,
        launches: plan.launches,
        runs: runsBefore + runs,
        fraction: (launch + done) / plan.launches,
      });
    const fail = (failure: Omit<LaunchFailure, 'launch'>): Launched<Answer> => ({
      ...launched,
      failure: { ...failure, launch: launch + 1 },
    });
    tell('start', 0, 0);
    const outcome = await runJob(kind, job, {
      limits: launchLimits(plan, deadline),
      signal: input.signal,
      onProgress: ({ phase, runs, timedMs }) => {
        if (phase === 'warmup') return tell(phase, 0, 0);
        tell(phase, runs, Math.min(1, shareDone(runs, timedMs)));
      },
    });
    if (outcome.status === 'no-runtime') throw runtimeMissing(outcome.message);
    if (outcome.status !== 'ok') {
      const { status, message, stderr, lastProgress } = outcome;
      return fail({
        status,
        stderr,
        message: status === 'timeout' ? message + howFar(lastProgress, leastRuns) : message,
      });
    }
    const { value } = outcome;
    checks.push(value.golden);
    const message = whyUntimed(input, checks);
    if (message !== null)
      return { ...fail({ status: 'error', message, stderr: outcome.stderr }), loaded: value };
    results.push(value);
    if (launch === plan.launches - 1) tell('done', runsOf(value), 1);
    runsBefore += runsOf(value);
  }
  refuseChangedInputs(results);
  return launched;
}

/** Says how far a launch came, so that a slow model is not taken for one that hangs. */
function howFar(last: TimingProgress | null, leastRuns: number | null): string {
  if (last === null || last.phase === 'warmup') return ', before the first timed run';
  const least = leastRuns === null ? '' : ` of at least ${leastRuns.toLocaleString('en')}`;
  return `, after ${last.runs.toLocaleString('en')}${least} timed runs: use fewer runs or a longer --timeout`;
}
