import type { SessionChoices } from '../../runtime/child/session.ts';
import { runtimeMissing } from '../../runtime/probe-runtime.ts';
import { runJob } from '../../runtime/run-job.ts';
import { type PairComparison, comparePairs } from '../../stats/bootstrap.ts';
import { type PairAnswer, type PairJob, pairJob } from '../child/pair-job.ts';
import type { TimedModel } from '../child/timed-model.ts';
import { chooseFeeds } from '../plan/choose-feeds.ts';
import { type ChosenInputs, chooseSession, launchLimits, resolvePlan, sizeOf } from '../plan/choose-model.ts';
import { chooseOutputs } from '../../onnx/feeds/feed-dtypes.ts';
import { type BenchPlan, type ResolvedPlan, shareOf } from '../plan/plan.ts';
import {
  type GoldenChecks,
  type OutputsCheck,
  describeWorst,
  reportGolden,
} from '../report/golden-report.ts';
import { type LaunchFailure, reportBench } from '../report/report-bench.ts';
import type { BenchComparison, BenchMeasurement, BenchProgress } from '../report/result.ts';
import type { SampleSeries } from '../report/sample-codec.ts';
import { summarizeLatency } from '../stats/latency-summary.ts';
import {
  alphaPerLook,
  lastLook,
  comparedFigures,
  judgeComparison,
  regressionGate,
  shareOfLooks,
} from '../stats/regression-gate.ts';
import { readCounters } from '../../machine/environment.ts';
import {
  type ModelToTime,
  goldenBytes,
  refuseChangedInputs,
  toGoldenFiles,
  whyUntimed,
} from './model-to-time.ts';

export interface PairInput {
  subject: ModelToTime;
  baseline: ModelToTime;
  plan: BenchPlan;
  /**
   * Files of inputs for both models, in the form of a golden set, used instead of the golden set's
   * or synthetic ones.
   */
  inputFiles?: Map<string, string> | null;
  signal?: AbortSignal | undefined;
  onProgress?: ((progress: BenchProgress) => void) | undefined;
}

/** What has been measured so far, look by look. */
interface Progress {
  launches: PairAnswer[];
  /** Runs per arm at each look. */
  looks: number[];
  comparison: PairComparison;
}

/**
 * Measures two models against each other: both sessions in one child, alternating blocks, and up to
 * three looks, each at twice the runs of the previous one, until the ratio is clearly within or
 * beyond the margin. `durationMs` and the numbers of runs are per model, for the first look. Both
 * are checked against their golden sets, if they have any. The version's result is a gate; the
 * baseline's is a note, because the version is compared with that baseline either way. Rejects as
 * `runBench` does, and INVALID_INPUT if the two cannot be given the same inputs.
 */
export async function runPair(input: PairInput): Promise<BenchMeasurement> {
  const { subject, baseline } = input;
  const fed = chooseFeeds(subject, baseline, input.plan, input.inputFiles ?? null);
  const outputs = chooseOutputs(subject.signature);
  const theirs = fed.baseline ?? fed.version;
  const bytes = bytesOf(subject, fed.version) + bytesOf(baseline, theirs);
  const plan = resolvePlan(input.plan, bytes);
  const session = chooseSession(plan, { shared: true });
  const models = {
    subject: toTimed(subject, fed.version, plan),
    baseline: toTimed(baseline, theirs, plan),
  };

  const profiling = plan.profile ? await import('./run-profile.ts') : null;
  const told = profiling?.leaveRoomForProfile(input) ?? input;
  const before = readCounters();
  const deadline = performance.now() + plan.timeoutMs;
  const { progress, failure, checked } = await lookUntilDecided(told, plan, session, models, deadline);
  refuseChangedInputs(checked.map((launch) => launch.subject));
  refuseChangedInputs(checked.map((launch) => launch.baseline));
  const look = progress?.looks.length ?? 0;
  const { maxRegression: margin, alpha } = plan;
  const { report: measured, samples } = reportBench({
    plan,
    inputs: fed.version,
    outputs,
    session,
    results: progress?.launches.map((launch) => launch.subject) ?? [],
    loaded: checked[0]?.subject ?? null,
    golden: subject.golden ?? [],
    checks: goldenOf(checked),
    regression:
      progress === null || margin === null
        ? []
        : [regressionGate(progress.comparison, { margin, alpha, look })],
    // If a later look runs out of time, the results of earlier looks still count.
    failure: progress === null ? failure : null,
    before,
    after: readCounters(),
  });
  const { operators } = subject;
  const about = { ...input, plan, model: models.subject, session, operators, deadline };
  const report = (await profiling?.addProfile(measured, about)) ?? measured;
  const baselineOutputs = reportGolden(
    baseline.golden ?? [],
    checked.map((launch) => launch.baseline.golden),
  );
  const notes = [...report.notes, ...baselineNotes(baselineOutputs)];
  if (progress === null) return { report: { ...report, mode: 'ab', notes }, samples };
  const late =
    failure === null ? [] : [`look ${look + 1} did not finish (${failure.status}): ${failure.message}`];
  return {
    samples,
    blocks: blocksOf(progress.launches),
    report: {
      ...report,
      mode: 'ab',
      plan: { ...report.plan, looks: progress.looks },
      compare: { ...comparisonOf(progress, plan), baselineOutputs },
      notes: [...notes, ...late],
    },
  };
}

function bytesOf(model: ModelToTime, inputs: ChosenInputs): number {
  return (model.modelBytes ?? sizeOf(model.modelFile)) + inputs.bytes + goldenBytes(model);
}

function toTimed(model: ModelToTime, { feeds }: ChosenInputs, plan: BenchPlan): TimedModel {
  const { fetched } = chooseOutputs(model.signature);
  return { modelFile: model.modelFile, feeds, fetches: fetched, golden: toGoldenFiles(model, plan) };
}

function baselineNotes({ match, worst }: OutputsCheck): string[] {
  if (match !== false) return [];
  const where = worst === null ? '' : `: ${describeWorst(worst)}`;
  return [`outputs of the baseline differ from its golden set${where}`];
}

async function lookUntilDecided(
  input: PairInput,
  plan: ResolvedPlan,
  session: SessionChoices,
  models: { subject: TimedModel; baseline: TimedModel },
  deadline: number,
): Promise<{ progress: Progress | null; failure: LaunchFailure | null; checked: PairAnswer[] }> {
  let progress = null as Progress | null;
  /** Every launch, including those of a look that did not finish. */
  const checked: PairAnswer[] = [];
  for (let look = 1; look <= lastLook; look++) {
    const launches: PairAnswer[] = [...(progress?.launches ?? [])];
    // A later look adds as many runs as there are already, which doubles them.
    const added = progress?.looks.at(-1);
    for (let launch = 0; launch < plan.launches; launch++) {
      const job: PairJob = {
        ...models,
        session,
        seed: plan.seed + launches.length,
        warmup: plan.warmup,
        minMs: added === undefined ? plan.durationMs / plan.launches : 0,
        minRuns: shareOf(added ?? plan.minRuns, plan.launches, launch),
        maxRuns: shareOf(added ?? plan.maxRuns, plan.launches, launch),
      };
      const tell = (phase: BenchProgress['phase'], runs: number, timedMs: number): void =>
        input.onProgress?.({
          phase,
          launch: launch + 1,
          launches: plan.launches,
          runs,
          fraction: shareOfLooks(
            look,
            plan.maxRegression === null ? 1 : lastLook,
            (launch + (phase === 'timed' ? doneOf(job, runs, timedMs) : 0)) / plan.launches,
          ),
        });
      tell('start', 0, 0);
      const outcome = await runJob(pairJob, job, {
        limits: launchLimits(plan, deadline),
        signal: input.signal,
        onProgress: ({ phase, runs, timedMs }) => tell(phase, runs, timedMs),
      });
      if (outcome.status === 'no-runtime') throw runtimeMissing(outcome.message);
      if (outcome.status !== 'ok') {
        const { status, message, stderr } = outcome;
        return { progress, failure: { status, message, stderr, launch: launches.length + 1 }, checked };
      }
      checked.push(outcome.value);
      const message = whyUntimed(input.subject, goldenOf(checked));
      if (message !== null) {
        const { stderr } = outcome;
        return { progress, failure: { status: 'error', message, stderr, launch: checked.length }, checked };
      }
      launches.push(outcome.value);
    }
    const comparison = comparePairs(
      launches.map(({ pairs }) => pairs),
      { statistic: plan.statistic, alpha: alphaPerLook(plan.alpha), seed: plan.seed },
    );
    progress = { launches, looks: [...(progress?.looks ?? []), comparison.runs], comparison };
    if (isDecided(comparison, plan.maxRegression)) break;
  }
  const { launches } = plan;
  const runs = progress?.comparison.runs ?? 0;
  input.onProgress?.({ phase: 'done', launch: launches, launches, runs, fraction: 1 });
  return { progress, failure: null, checked };
}

/** The share of a launch that is done: it ends when both its runs and its time are reached. */
function doneOf({ minRuns, minMs }: PairJob, runs: number, timedMs: number): number {
  return Math.min(1, runs / minRuns, minMs > 0 ? timedMs / minMs : 1);
}

function goldenOf(launches: readonly PairAnswer[]): (GoldenChecks | null)[] {
  return launches.map(({ subject }) => subject.golden);
}

/** Without a margin there is nothing to decide, so one look is enough. */
function isDecided(comparison: PairComparison, margin: number | null): boolean {
  return margin === null || judgeComparison(comparison, margin) !== 'undecided';
}

function comparisonOf(
  { launches, looks, comparison }: Progress,
  plan: ResolvedPlan,
): Omit<BenchComparison, 'baselineOutputs'> {
  const { latency } = summarizeLatency(
    launches.map(({ baseline }) => baseline.samples),
    { alpha: plan.alpha, seed: plan.seed, harnessFloorUs: launches[0]?.baseline.harnessFloorUs ?? 0 },
  );
  const { maxRegression: margin, alpha } = plan;
  return {
    ...comparedFigures(comparison, { margin, alpha, look: looks.length }),
    baselineLatencyMs: latency,
  };
}

function blocksOf(launches: readonly PairAnswer[]): SampleSeries[] {
  return launches.flatMap(({ pairs }, launch) =>
    pairs.flatMap(({ subject, baseline, first }) => {
      const both: SampleSeries[] = [
        { arm: 0, launch, latencyMs: subject },
        { arm: 1, launch, latencyMs: baseline },
      ];
      return first === 'subject' ? both : both.toReversed();
    }),
  );
}
