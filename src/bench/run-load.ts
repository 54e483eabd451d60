import type { BenchJobProgress, GoldenChecks, LoadJob, LoadJobResult, LoadPace } from '../onnx/jobs.ts';
import { runSandboxed, runtimeMissing } from '../onnx/sandbox.ts';
import { poissonArrivals } from './arrivals.ts';
import { chooseFeeds } from './choose-feeds.ts';
import { chooseOutputs, chooseSession, resolvePlan, sizeOf } from './choose-model.ts';
import { readCounters } from './environment.ts';
import { launchLimits } from './launch-limits.ts';
import { goldenBytes, refuseChangedInputs, toGoldenFiles, whyUntimed } from './model-to-time.ts';
import { shareOf, type BenchPlan } from './plan.ts';
import type { LaunchFailure } from './report-bench.ts';
import { reportLoad, type LoadLaunch } from './report-load.ts';
import type { BenchMeasurement, BenchProgress } from './result.ts';
import type { BenchInput } from './run-bench.ts';

/** After the last arrival runs are begun for so long, or this share of the time until then: what is left then is a queue that grew. */
const drain = { ms: 1000, share: 0.25 };

/** Measures a model as `runBench` does, under the load of the plan. */
export async function runLoad(input: BenchInput): Promise<BenchMeasurement> {
  const { version: inputs } = chooseFeeds(input, null, input.plan, input.inputFiles ?? null);
  const outputs = chooseOutputs(input.signature);
  const bytes = (input.modelBytes ?? sizeOf(input.modelFile)) + inputs.bytes + goldenBytes(input);
  const plan = resolvePlan(input.plan, bytes);
  const session = chooseSession(plan, { shared: plan.concurrency > 1 });

  const before = readCounters();
  const launches: LoadLaunch[] = [];
  const checks: (GoldenChecks | null)[] = [];
  let loaded: LoadJobResult | null = null;
  let failure: LaunchFailure | null = null;
  const deadline = performance.now() + plan.timeoutMs;
  for (let launch = 0; launch < plan.launches && failure === null; launch++) {
    const { pace, minMs, maxRuns } = assign(plan, launch);
    const job: LoadJob = {
      kind: 'load',
      modelFile: input.modelFile,
      session,
      feeds: inputs.feeds,
      fetches: outputs.fetched,
      golden: toGoldenFiles(input, plan),
      workers: plan.concurrency,
      warmup: plan.warmup,
      pace,
    };
    const progress = progressOf(input, launch, pace, launches);
    progress.tell('start', 0, 0);
    const outcome = await runSandboxed(job, {
      limits: launchLimits(plan, deadline),
      signal: input.signal,
      onProgress: progress.follow,
    });
    if (outcome.status === 'no-runtime') throw runtimeMissing(outcome.message);
    if (outcome.status !== 'ok') failure = { ...outcome, status: outcome.status, launch: launch + 1 };
    else {
      loaded = outcome.value;
      checks.push(loaded.golden);
      const message = whyUntimed(input, checks);
      if (message !== null) {
        failure = { status: 'error', message, stderr: outcome.stderr, launch: launch + 1 };
        break;
      }
      // A launch that was not cut short lasts its time, though nothing may be left to do at the end.
      const cut = outcome.value.runs.doneMs.length >= maxRuns;
      launches.push({ pace, spanMs: cut ? 0 : minMs, ...loaded });
    }
    if (failure?.status === 'timeout') failure.message += progress.howFar();
  }
  if (failure === null) progressOf(input, plan.launches - 1, null, launches).tell('done', 0, 1);
  refuseChangedInputs(launches);
  return reportLoad(
    {
      plan,
      inputs,
      outputs,
      session,
      loaded,
      golden: input.golden ?? null,
      checks,
      failure,
      before,
      after: readCounters(),
    },
    launches,
  );
}

/** What a launch is asked for. */
interface Assignment {
  pace: LoadPace;
  minMs: number;
  /** Runs that end it before the time is up. */
  maxRuns: number;
}

function assign(plan: BenchPlan, launch: number): Assignment {
  const { rate, samplesPerQuery, launches, seed } = plan;
  const minMs = plan.durationMs / launches;
  const minRuns = shareOf(plan.minRuns, launches, launch);
  const maxRuns = shareOf(plan.maxRuns, launches, launch);
  if (samplesPerQuery !== null) {
    return {
      pace: {
        kind: 'queries',
        runsPerQuery: samplesPerQuery,
        minMs,
        minQueries: minRuns,
        maxQueries: maxRuns,
      },
      minMs,
      maxRuns: maxRuns * samplesPerQuery,
    };
  }
  if (rate === null) return { pace: { kind: 'free', minMs, minRuns, maxRuns }, minMs, maxRuns };
  const atMs = poissonArrivals({ rate, seed, launch, minMs, minRuns, maxRuns });
  const last = atMs.at(-1) ?? 0;
  const lastStartMs = last + Math.max(drain.ms, drain.share * last);
  return { pace: { kind: 'arrivals', atMs, lastStartMs }, minMs, maxRuns };
}

interface LaunchProgress {
  tell: (phase: BenchProgress['phase'], runs: number, done: number) => void;
  follow: (progress: BenchJobProgress) => void;
  /** A model that is only slow is told apart from one that hangs. */
  howFar: () => string;
}

function progressOf(
  { plan, onProgress }: BenchInput,
  launch: number,
  pace: LoadPace | null,
  earlier: readonly LoadLaunch[],
): LaunchProgress {
  const runsBefore = earlier.reduce((sum, { runs }) => sum + runs.doneMs.length, 0);
  let timed: number | null = null;
  const tell: LaunchProgress['tell'] = (phase, runs, done) =>
    onProgress?.({
      phase,
      launch: launch + 1,
      launches: plan.launches,
      runs: runsBefore + runs,
      fraction: (launch + done) / plan.launches,
    });
  return {
    tell,
    follow: ({ phase, runs, timedMs }) => {
      if (phase === 'warmup') return tell(phase, 0, 0);
      timed = runs;
      tell('timed', runs, pace === null ? 1 : Math.min(1, shareDone(pace, runs, timedMs)));
    },
    howFar: () =>
      timed === null
        ? ', before any run was timed'
        : `, after ${timed.toLocaleString('en')} timed runs: ask for fewer, or for more time`,
  };
}

function shareDone(pace: LoadPace, runs: number, timedMs: number): number {
  if (pace.kind === 'arrivals') return Math.max(runs / pace.atMs.length, timedMs / pace.lastStartMs);
  const least = pace.kind === 'free' ? pace.minRuns : pace.minQueries * pace.runsPerQuery;
  return Math.min(runs / least, pace.minMs > 0 ? timedMs / pace.minMs : 1);
}
