import type { Statistic } from '../../core/measurements/bench.ts';
import { formatDuration } from '../../core/text/units.ts';
import { counted } from '../../core/text/numbers.ts';
import type { SessionChoices } from '../../runtime/child/session.ts';
import { percentile } from '../../stats/quantiles.ts';
import type { BenchAnswer } from '../child/bench-job.ts';
import type { ChosenInputs } from '../plan/choose-model.ts';
import type { LoadPlan } from '../plan/plan-load.ts';
import type { ResolvedPlan } from '../plan/plan.ts';
import {
  type HostCounters,
  type HostDrift,
  fingerprint,
  hostDrift,
  readFacts,
} from '../../machine/environment.ts';
import { summarizeLatency } from '../stats/latency-summary.ts';
import { judgePercentile } from '../stats/verdict.ts';
import {
  type GoldenChecks,
  type GoldenFacts,
  goldenGate,
  goldenNotes,
  reportGolden,
} from './golden-report.ts';
import type {
  BenchMeasurement,
  BenchReport,
  BenchStatus,
  GateResult,
  LatencySummary,
  LaunchResult,
} from './result.ts';

/** A note appears if medians of launches are further apart than this ratio. */
const agreeing = 1.1;

export interface LaunchFailure {
  status: Exclude<BenchStatus, 'ok'>;
  message: string;
  stderr: string;
  /** Counts from 1. */
  launch: number;
}

export interface BenchFacts {
  plan: ResolvedPlan;
  inputs: ChosenInputs;
  outputs: { fetched: string[]; skipped: string[] };
  session: SessionChoices;
  /** Of the launches that ended well, in order. */
  results: BenchAnswer[];
  /** A launch that is not in `results`; it describes runtime and inputs if there are no results. */
  loaded?: Pick<BenchAnswer, 'onnxruntime' | 'inputSha256' | 'unfetched'> | null;
  /** The version's golden set; null if it has none. */
  golden?: readonly GoldenFacts[];
  /** Results of the golden set, by launch. */
  checks?: (GoldenChecks | null)[];
  /** Gates of the comparison with a baseline. */
  regression?: GateResult[];
  failure: LaunchFailure | null;
  /** The load of the runs; absent: one run after another. */
  load?: LoadPlan;
  /** The URL of the server that ran the model; absent: this machine did. */
  server?: string;
  before: HostCounters;
  after: HostCounters;
}

/**
 * Makes the report from what the launches measured. After a failure it contains no latency,
 * whatever earlier launches measured.
 */
export function reportBench(facts: BenchFacts): BenchMeasurement {
  const { plan, inputs, outputs, session, results, failure } = facts;
  const samples = failure === null ? results.map((result) => result.samples) : [];
  const summary =
    failure === null
      ? summarizeLatency(samples, {
          alpha: plan.alpha,
          seed: plan.seed,
          harnessFloorUs: median(results.map((result) => result.harnessFloorUs)),
        })
      : null;
  const launches = results.map(launchResult);
  const perSec =
    (1000 * total(results, (result) => result.samples.length)) / total(results, (result) => result.timedMs);
  const items = inputs.itemsPerRun;
  const loaded = results[0] ?? facts.loaded;
  const checked = reportGolden(facts.golden ?? [], facts.checks ?? []);
  const { extra, intraOpThreads, interOpThreads } = session;
  const drift = driftOf(facts);
  const host = readFacts({
    // What a server runs on is not known here.
    onnxruntime: facts.server === undefined ? (loaded?.onnxruntime ?? null) : null,
    provider: plan.device,
    intraOpThreads,
    interOpThreads,
    extra,
    ...(facts.load === undefined ? {} : { load: facts.load }),
    ...(facts.server === undefined ? {} : { server: facts.server }),
  });
  const report: BenchReport = {
    mode: 'solo',
    status: failure?.status ?? 'ok',
    error: failure,
    plan: { ...plan, block: null, looks: null },
    input: {
      source: inputs.source,
      cases: inputs.cases,
      seed: plan.seed,
      shapes: inputs.shapes,
      varying: inputs.varying,
      ranges: plan.ranges,
      sha256: loaded?.inputSha256 ?? null,
    },
    outputs: { ...checked, ...withoutUnfetched(outputs, loaded?.unfetched ?? []) },
    session: {
      provider: plan.device,
      intraOpThreads,
      interOpThreads,
      executionMode: 'sequential',
      graphOptimization: 'all',
      extra,
    },
    phases: failure === null ? phasesOf(launches) : null,
    launches,
    latencyMs: summary?.latency ?? null,
    throughputPerSec: failure === null ? perSec : null,
    itemsPerSec: failure === null && items !== null ? perSec * items : null,
    memory:
      failure === null && facts.server === undefined
        ? {
            peakRssMb: Math.max(...launches.map(({ peakRssMb }) => peakRssMb)),
            baseRssMb: median(results.map(({ baseRssBytes }) => baseRssBytes / 1e6)),
          }
        : null,
    compare: null,
    profile: null,
    open: null,
    notes: [
      ...inputs.warnings,
      ...goldenNotes(checked),
      ...(summary?.notes ?? []),
      ...reliabilityNotes(facts, launches, drift),
    ],
    environment: { fingerprint: fingerprint(host), facts: host, drift },
    gates: [
      ...goldenGate(checked),
      ...(facts.regression ?? []),
      ...limitGates(plan, samples, summary?.latency ?? null, failure),
    ],
  };
  return { report, samples };
}

function launchResult({
  createMs,
  firstRunMs,
  warmup,
  samples,
  timedMs,
  peakRssBytes,
}: BenchAnswer): LaunchResult {
  const p50Ms = percentile(samples.toSorted(), 0.5);
  return {
    createMs,
    firstRunMs,
    warmup,
    runs: samples.length,
    p50Ms,
    timedMs,
    peakRssMb: peakRssBytes / 1e6,
  };
}

function phasesOf(launches: readonly LaunchResult[]): BenchReport['phases'] {
  const stable = new Set(launches.map(({ warmup }) => warmup.stable));
  return {
    createMs: median(launches.map(({ createMs }) => createMs)),
    firstRunMs: median(launches.map(({ firstRunMs }) => firstRunMs)),
    warmup: {
      runs: total(launches, ({ warmup }) => warmup.runs),
      ms: total(launches, ({ warmup }) => warmup.ms),
      stable: stable.has(null) ? null : !stable.has(false),
    },
  };
}

function driftOf({ results, before, after }: BenchFacts): HostDrift {
  const any = results.length > 0;
  return {
    ...hostDrift(before, after),
    contextSwitches: any
      ? {
          voluntary: total(results, ({ contextSwitches }) => contextSwitches.voluntary),
          involuntary: total(results, ({ contextSwitches }) => contextSwitches.involuntary),
        }
      : null,
    gc: any ? { count: total(results, ({ gc }) => gc.count), ms: total(results, ({ gc }) => gc.ms) } : null,
  };
}

/** Notes on what makes the numbers less reliable than they look. */
function reliabilityNotes(
  { plan, results, failure }: BenchFacts,
  launches: readonly LaunchResult[],
  drift: HostDrift,
): string[] {
  const notes: string[] = [];
  const medians = launches.map(({ p50Ms }) => p50Ms);
  const [low, high] = [Math.min(...medians), Math.max(...medians)];
  if (failure === null && high > agreeing * low) {
    notes.push(`launches differ: medians range from ${formatDuration(low)} to ${formatDuration(high)}`);
  }
  const unstable = results.filter(({ warmup }) => warmup.stable === false).length;
  if (unstable > 0)
    notes.push(`latency had not settled after 10 s of warm-up in ${unstable} of ${results.length} launches`);
  const timedMs = total(results, (result) => result.timedMs);
  if (failure === null && timedMs < plan.durationMs) {
    notes.push(`stopped early at ${plan.maxRuns.toLocaleString('en')} runs, the limit for one measurement`);
  }
  if (drift.steal !== null && drift.steal > 0.01) {
    notes.push(
      `${(100 * drift.steal).toFixed(1)}% CPU steal during the measurement: the hypervisor gave that time to other machines`,
    );
  }
  if (drift.throttledPeriods !== null && drift.throttledPeriods > 0) {
    notes.push(`the cgroup's CPU quota throttled the processes ${counted(drift.throttledPeriods, 'time')}`);
  }
  return notes;
}

/**
 * A gate for each limit on a percentile, in the given order; after a failure none of them is
 * decided.
 */
export function limitGates(
  { maxMs, alpha }: Pick<ResolvedPlan, 'maxMs' | 'alpha'>,
  samples: readonly Float64Array[],
  latency: LatencySummary | null,
  failure: Pick<LaunchFailure, 'status' | 'message'> | null,
): GateResult[] {
  return (Object.entries(maxMs) as [Statistic, number][]).map(([statistic, limitMs]) => {
    const gate = judgePercentile(samples, latency, { statistic, limitMs, alpha });
    if (failure === null) return gate;
    const { needRuns: _needRuns, ...undecided } = gate;
    return { ...undecided, observed: failure.status, reason: `nothing was measured: ${failure.message}` };
  });
}

function total<T>(items: readonly T[], amount: (item: T) => number): number {
  return items.reduce((sum, item) => sum + amount(item), 0);
}

/** For an even number of values, the lower of the middle two. */
function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.ceil(values.length / 2) - 1] ?? Number.NaN;
}

/** Skips outputs without a declared type that the session could not fetch. */
function withoutUnfetched(
  { fetched, skipped }: BenchFacts['outputs'],
  unfetched: readonly string[],
): BenchFacts['outputs'] {
  return {
    fetched: fetched.filter((name) => !unfetched.includes(name)),
    skipped: [...skipped, ...unfetched],
  };
}
