import { MlregError } from '../core/errors.ts';
import { quote } from '../core/quote.ts';
import type { Signature } from '../core/signature.ts';
import type { PairJob, PairJobResult, SessionChoices, TimedModel } from '../onnx/jobs.ts';
import { runSandboxed, runtimeMissing } from '../onnx/sandbox.ts';
import type { InputPlan } from '../onnx/synthesize.ts';
import { chooseInputs, chooseOutputs, chooseSession, resolvePlan } from './choose-model.ts';
import { readCounters } from './environment.ts';
import { summarizeLatency } from './latency-summary.ts';
import { alphaPerLook, judgeRegression, lastLook } from './looks.ts';
import { comparePairs, type PairComparison } from './pair-bootstrap.ts';
import { shareOf, type BenchPlan, type ResolvedPlan } from './plan.ts';
import { comparedFigures, regressionGate } from './regression-gate.ts';
import { reportBench, type LaunchFailure } from './report-bench.ts';
import type { BenchComparison, BenchMeasurement, BenchProgress } from './result.ts';
import { addProfile } from './run-profile.ts';
import type { SampleSeries } from './sample-codec.ts';

export interface ModelToTime {
  modelFile: string;
  /** With its external data. */
  modelBytes: number;
  signature: Signature;
  /** As `OnnxModel` counts them. */
  operators: Readonly<Record<string, number>>;
}

export interface PairInput {
  subject: ModelToTime;
  baseline: ModelToTime;
  plan: BenchPlan;
  signal?: AbortSignal | undefined;
  onProgress?: ((progress: BenchProgress) => void) | undefined;
}

/** What has been measured, look by look. */
interface Progress {
  launches: PairJobResult[];
  /** Runs per arm at each look. */
  looks: number[];
  comparison: PairComparison;
}

/**
 * Measures two models against each other: both sessions in one child, blocks that alternate, and up to three looks, each at twice the
 * runs of the one before, until the margin is met or exceeded beyond doubt. `durationMs` and the numbers of runs are of each model, for
 * the first look. Rejects as `runBench`, and INVALID_INPUT where the two cannot be fed alike.
 */
export async function runPair(input: PairInput): Promise<BenchMeasurement> {
  const { subject, baseline } = input;
  const inputs = chooseInputs(subject.signature, input.plan);
  const outputs = chooseOutputs(subject.signature);
  const theirs = chooseInputs(baseline.signature, input.plan);
  refuseOtherInputs(inputs, theirs);
  const bytes = subject.modelBytes + baseline.modelBytes + 2 * inputs.bytes;
  const plan = resolvePlan(input.plan, bytes);
  const session = chooseSession(plan, { shared: true });
  const models = {
    subject: { modelFile: subject.modelFile, feeds: inputs.feeds, fetches: outputs.fetched },
    baseline: {
      modelFile: baseline.modelFile,
      feeds: theirs.feeds,
      fetches: chooseOutputs(baseline.signature).fetched,
    },
  };

  const before = readCounters();
  const deadline = performance.now() + plan.timeoutMs;
  const { progress, failure } = await lookUntilDecided(input, plan, session, models, deadline);
  const { report: measured, samples } = reportBench({
    signature: subject.signature,
    plan,
    inputs,
    outputs,
    session,
    results: progress?.launches.map((launch) => launch.subject) ?? [],
    // What earlier looks measured stands when a later one runs out of time.
    failure: progress === null ? failure : null,
    before,
    after: readCounters(),
  });
  const { operators } = subject;
  const report = await addProfile(measured, {
    ...input,
    plan,
    model: models.subject,
    session,
    operators,
    deadline,
  });
  if (progress === null) return { report: { ...report, mode: 'ab' }, samples };
  const look = progress.looks.length;
  const gate =
    plan.maxRegression === null
      ? []
      : [regressionGate(progress.comparison, { margin: plan.maxRegression, alpha: plan.alpha, look })];
  const late =
    failure === null ? [] : [`look ${look + 1} was not finished (${failure.status}): ${failure.message}`];
  return {
    samples,
    blocks: blocksOf(progress.launches),
    report: {
      ...report,
      mode: 'ab',
      plan: { ...report.plan, looks: progress.looks },
      compare: comparisonOf(progress, plan),
      notes: [...report.notes, ...late],
      gates: [...gate, ...report.gates],
    },
  };
}

/** The same names, types and sizes: else the inputs would be compared, not the models. */
function refuseOtherInputs(subject: InputPlan, baseline: InputPlan): void {
  const describe = ({ feeds }: InputPlan): Map<string, string> =>
    new Map(feeds.map(({ name, dtype, shape }) => [name, `${dtype}[${shape.join(',')}]`]));
  const [own, theirs] = [describe(subject), describe(baseline)];
  const name = [...own.keys(), ...theirs.keys()].find((key) => own.get(key) !== theirs.get(key));
  if (name === undefined) return;
  throw new MlregError(
    'INVALID_INPUT',
    `the versions cannot be fed alike: input ${quote(name)} is ${own.get(name) ?? 'missing'}, of the baseline ${theirs.get(name) ?? 'missing'}`,
    { hint: 'compare versions with the same inputs, or give the sizes with --shape' },
  );
}

async function lookUntilDecided(
  input: PairInput,
  plan: ResolvedPlan,
  session: SessionChoices,
  models: { subject: TimedModel; baseline: TimedModel },
  deadline: number,
): Promise<{ progress: Progress | null; failure: LaunchFailure | null }> {
  let progress = null as Progress | null;
  for (let look = 1; look <= lastLook; look++) {
    const launches: PairJobResult[] = [...(progress?.launches ?? [])];
    // A later look adds as many runs as there are, so that it has twice those of the one before.
    const added = progress?.looks.at(-1);
    for (let launch = 0; launch < plan.launches; launch++) {
      const job: PairJob = {
        kind: 'pair',
        ...models,
        session,
        seed: plan.seed + launches.length,
        warmup: plan.warmup,
        minMs: added === undefined ? plan.durationMs / plan.launches : 0,
        minRuns: shareOf(added ?? plan.minRuns, plan.launches, launch),
        maxRuns: shareOf(added ?? plan.maxRuns, plan.launches, launch),
      };
      const tell = (phase: BenchProgress['phase'], runs: number): void =>
        input.onProgress?.({
          phase,
          launch: launch + 1,
          launches: plan.launches,
          runs,
          fraction: Math.min(
            1,
            (launch + (phase === 'timed' ? Math.min(1, runs / job.minRuns) : 0)) / plan.launches,
          ),
        });
      tell('start', 0);
      const outcome = await runSandboxed(job, {
        limits: {
          timeoutMs: plan.timeoutIsStall ? plan.timeoutMs : Math.max(1, deadline - performance.now()),
          timeoutIsStall: plan.timeoutIsStall,
          memoryLimitBytes: plan.memoryLimitBytes,
        },
        signal: input.signal,
        onProgress: ({ phase, runs }) => tell(phase, runs),
      });
      if (outcome.status === 'no-runtime') throw runtimeMissing(outcome.message);
      if (outcome.status !== 'ok')
        return { progress, failure: { ...outcome, status: outcome.status, launch: launches.length + 1 } };
      launches.push(outcome.value);
    }
    const comparison = comparePairs(
      launches.map(({ pairs }) => pairs),
      { statistic: plan.statistic, alpha: alphaPerLook(plan.alpha), seed: plan.seed },
    );
    progress = { launches, looks: [...(progress?.looks ?? []), comparison.runs], comparison };
    if (isDecided(comparison, plan.maxRegression)) break;
  }
  return { progress, failure: null };
}

/** Without a margin there is nothing to decide: one look says what there is. */
function isDecided({ ratio, interval }: PairComparison, margin: number | null): boolean {
  if (margin === null) return true;
  if (ratio === null || interval === null) return false;
  return judgeRegression({ ratio, ...interval, margin }) !== 'undecided';
}

function comparisonOf({ launches, looks, comparison }: Progress, plan: ResolvedPlan): BenchComparison {
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

function blocksOf(launches: readonly PairJobResult[]): SampleSeries[] {
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
