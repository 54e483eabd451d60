import type { Device } from '../../core/device.ts';
import type { Statistic } from '../../core/measurements/bench.ts';
import type { OutputsCheck } from './golden-report.ts';
import type { HostFacts, HostDrift } from '../../machine/environment.ts';
import type { OperatorProfile } from './operator-profile.ts';
import type { LoadPlan } from '../plan/plan-load.ts';
import type { ResolvedPlan } from '../plan/plan.ts';
import type { SampleSeries } from './sample-codec.ts';

/**
 * `crash`, `timeout`, `oom`: the child that owned ONNX Runtime died. `error`: the runtime refused
 * the model or its inputs, or the outputs differed from the golden set before timing; in that case
 * the gate `golden` says so.
 */
export type BenchStatus = 'ok' | 'crash' | 'timeout' | 'oom' | 'error';

/**
 * A percentile and its 95% interval, in milliseconds. A bound is null if there are too few samples
 * for it.
 */
export interface Percentile {
  value: number;
  low: number | null;
  high: number | null;
  /**
   * Above an autocorrelation of 0.1, intervals from order statistics would be too narrow, so the
   * block bootstrap is used.
   */
  method: 'order-statistics' | 'block-bootstrap';
}

/** Null percentiles: too few samples. */
export interface LatencySummary {
  n: number;
  /** Milliseconds, like min, max and the percentiles. */
  mean: number;
  min: number;
  max: number;
  p50: Percentile | null;
  p90: Percentile | null;
  p95: Percentile | null;
  p99: Percentile | null;
  /** p99.9. */
  p999: Percentile | null;
  /**
   * Autocorrelation of consecutive runs, within launches; null for fewer than 3 runs or no
   * variation.
   */
  lag1: number | null;
  /**
   * The same, computed from which side of the median each run fell on: a few extreme runs can hide
   * dependence from `lag1`.
   */
  lag1Sign: number | null;
  /**
   * Runs more than 1.5 (mild) or 3 (severe) interquartile ranges outside the quartiles. Counted,
   * never dropped.
   */
  outliers: { mild: number; severe: number };
  /**
   * Microseconds that the harness measures for an empty run: two clock readings and a turn of the
   * event loop.
   */
  harnessFloorUs: number;
}

export interface WarmupResult {
  runs: number;
  ms: number;
  /** Null if the number of warm-up runs was given, so that no rule was applied. */
  stable: boolean | null;
}

/** What one launch of the child did. */
export interface LaunchResult {
  /** Milliseconds to create the session: load, optimise, allocate. */
  createMs: number;
  firstRunMs: number;
  warmup: WarmupResult;
  runs: number;
  /** Median in milliseconds. */
  p50Ms: number;
  /** Wall time of the timed runs, in milliseconds, without the time between their blocks. */
  timedMs: number;
  peakRssMb: number;
}

export type Verdict = 'pass' | 'fail' | 'inconclusive';

export interface GateResult {
  /** The condition, such as `p95<=20ms`. */
  gate: string;
  /**
   * `latency`: a limit; `regression`: a comparison with a baseline. Absent in records of earlier
   * versions.
   */
  kind?: 'latency' | 'regression' | 'golden';
  verdict: Verdict;
  observed: string;
  threshold: string;
  reason: string;
  /**
   * For an undecided gate: the total number of runs (in a comparison, per version) that would
   * decide it if they were like these; null: more than is feasible. Absent if the gate is decided,
   * or if unknown.
   */
  needRuns?: number | null;
}

/**
 * The measurement as it is printed and stored. The caller adds what names the version under test.
 */
export interface BenchReport {
  /** `open`: under a load, see the field `open`. */
  mode: 'solo' | 'ab' | 'open';
  status: BenchStatus;
  /** Null if status is `ok`. `stderr` is the end of the child's stderr. */
  error: { status: Exclude<BenchStatus, 'ok'>; message: string; stderr: string; launch: number } | null;
  /** `looks`: the runs per arm at each look of a comparison. */
  plan: ResolvedPlan & { block: null; looks: number[] | null };
  input: {
    source: 'golden' | 'file' | 'synthetic';
    /**
     * How many inputs take turns; each launch starts with the first one. Absent in records of
     * versions that had only one.
     */
    cases?: number;
    seed: number;
    /** Shapes by input name, of the inputs whose shape is the same in all cases. */
    shapes: Record<string, number[]>;
    /** Of the other inputs: the shapes with the fewest and the most elements. */
    varying?: Record<string, { smallest: number[]; largest: number[] }>;
    ranges: Record<string, [low: number, high: number]>;
    /**
     * SHA-256 (hex) of names, dtypes, shapes and data of all cases; null if no child got as far as
     * creating them.
     */
    sha256: string | null;
  };
  /**
   * The check against the golden set in each session, before and after timing. `skipped` names
   * outputs that are not fetched: they are not tensors, or have a type that cannot be returned.
   */
  outputs: OutputsCheck & { fetched: string[]; skipped: string[] };
  session: {
    provider: Device;
    /** Null: ONNX Runtime's default. */
    intraOpThreads: number | null;
    interOpThreads: number | null;
    executionMode: 'sequential';
    graphOptimization: 'all';
    extra: Record<string, string>;
  };
  /** Medians over the launches; the warm-up is the total. Null unless status is `ok`. */
  phases: { createMs: number; firstRunMs: number; warmup: WarmupResult } | null;
  launches: LaunchResult[];
  /**
   * In scenario `server` counted from when a run was due; in `multi` of queries; else of runs. Null
   * unless status is `ok`.
   */
  latencyMs: LatencySummary | null;
  /** Runs per second of timed wall time; null unless status is `ok`. */
  throughputPerSec: number | null;
  /**
   * Runs × the common first dimension of the inputs (its mean over the cases), per second; null if
   * the inputs have no common first dimension.
   */
  itemsPerSec: number | null;
  /**
   * Megabytes of 10^6 bytes: the peak of all launches, and what Node and ONNX Runtime take before
   * the model is loaded.
   */
  memory: { peakRssMb: number; baseRssMb: number } | null;
  compare: BenchComparison | null;
  /** Null: not requested, or it failed and a note says so. */
  profile: OperatorProfile | null;
  open: LoadResult | null;
  notes: string[];
  environment: {
    fingerprint: string;
    /** Without `load`: one run after another; with `server`: a server ran the model. */
    facts: HostFacts & { load?: LoadPlan; server?: string };
    drift: HostDrift;
  };
  gates: GateResult[];
}

/** How the version compares with its baseline, which was measured in the same run. */
export interface BenchComparison {
  stat: Statistic;
  /** Percentile of the version / of the baseline; null: too few runs. */
  ratio: number | null;
  /** The bounds of the ratio at the alpha of one look; null: unknown. */
  low: number | null;
  high: number | null;
  /** The allowed increase; null: none was given. */
  margin: number | null;
  /** The look that ended the comparison, from 1. */
  look: number;
  /** The smallest increase that this comparison could have told from none; null: unknown. */
  minimumDetectable: number | null;
  /** The baseline's counterparts of `latencyMs` and `outputs`. */
  baselineLatencyMs: LatencySummary;
  baselineOutputs: OutputsCheck;
}

/** The figures of a load besides the latency. */
export interface LoadResult extends LoadPlan {
  /** Runs that were due in scenario `server`; else the runs that were made. */
  scheduled: number;
  completed: number;
  /**
   * Runs that never started because time was up. The latency counts them with the delay they had at
   * least.
   */
  unfinished: number;
  /** Completed runs per second, of all workers together. */
  achievedRate: number;
  /**
   * From when a run was due, or its query issued, until it was done, waiting included; null if
   * nothing waits.
   */
  response: LatencySummary | null;
  /** Of a single run, without waiting. */
  service: LatencySummary;
  /**
   * The 99th percentile of how late runs started that had a free worker; this delay is the
   * harness's own. Null if no run had a due time.
   */
  sendLagP99Ms: number | null;
  /**
   * The share of their time that the workers would need to keep up with the rate; at 1 or more they
   * cannot. Null without a rate.
   */
  utilisation: number | null;
  /** Runs that were due but not started when the last one became due; null without a rate. */
  waitingAtEnd: number | null;
  /**
   * Whether the queue grew without end. The latency then depends on how long was measured, not on
   * the model.
   */
  saturated: boolean;
  /** Why `saturated` is true; null if it is false. */
  reason: string | null;
}

export interface BenchMeasurement {
  report: BenchReport;
  /**
   * Latencies in milliseconds in the order of the runs, one array per launch; empty unless status
   * is `ok`.
   */
  samples: Float64Array[];
  /**
   * What is stored, if that is more than `samples`: every block of a comparison in order of time,
   * or the runs of a load besides its queries or responses.
   */
  blocks?: SampleSeries[];
}

export interface BenchProgress {
  phase: 'start' | 'warmup' | 'timed' | 'done' | 'profile';
  /** The current launch, from 1. */
  launch: number;
  launches: number;
  /** Timed runs done, over all launches. */
  runs: number;
  /** 0 … 1 of the whole measurement. */
  fraction: number;
}
