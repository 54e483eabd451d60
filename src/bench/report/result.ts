import type { OutputsCheck } from './golden-report.ts';
import type { HostFacts, HostDrift } from '../run/environment.ts';
import type { OperatorProfile } from './operator-profile.ts';
import type { LoadPlan } from '../plan/plan-load.ts';
import type { ResolvedPlan } from '../plan/plan.ts';
import type { Statistic } from '../../stats/quantiles.ts';
import type { SampleSeries } from './sample-codec.ts';

/**
 * `crash`, `timeout`, `oom`: the child that owned ONNX Runtime died. `error`: the runtime refused
 * the model or the feeds, or the outputs differed from the golden set before anything was timed;
 * then the gate `golden` says so.
 */
export type BenchStatus = 'ok' | 'crash' | 'timeout' | 'oom' | 'error';

/**
 * A percentile and its 95% interval. A bound that the samples cannot give is null. All in
 * milliseconds.
 */
export interface Percentile {
  value: number;
  low: number | null;
  high: number | null;
  /**
   * Runs that follow each other are alike above a lag-1 of 0.1; order statistics would then be too
   * sure of themselves.
   */
  method: 'order-statistics' | 'block-bootstrap';
}

/** Null percentiles: too few samples to say anything about them. */
export interface LatencySummary {
  n: number;
  /** Milliseconds, as min, max and the percentiles. */
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
   * Autocorrelation of runs that follow each other, within launches; null for fewer than 3 runs or
   * no variation.
   */
  lag1: number | null;
  /**
   * The same from which side of the median each run fell on: a few extreme runs hide likeness from
   * `lag1`.
   */
  lag1Sign: number | null;
  /**
   * Beyond 1.5 (mild) and 3 (severe) interquartile ranges from the quartiles. Counted, never
   * dropped.
   */
  outliers: { mild: number; severe: number };
  /**
   * Microseconds that the harness reports for a run that does nothing: a timer pair and a turn of
   * the event loop.
   */
  harnessFloorUs: number;
}

export interface WarmupResult {
  runs: number;
  ms: number;
  /** Null when the number of warm-up runs was given, so that no rule was applied. */
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
  /** Wall time of the timed runs, in milliseconds, without what stood between their blocks. */
  timedMs: number;
  peakRssMb: number;
}

export type Verdict = 'pass' | 'fail' | 'inconclusive';

export interface GateResult {
  /** What was asked, such as `p95<=20ms`. */
  gate: string;
  /**
   * `latency`: a limit; `regression`: beside a baseline. Absent in what earlier versions stored.
   */
  kind?: 'latency' | 'regression' | 'golden';
  verdict: Verdict;
  observed: string;
  threshold: string;
  reason: string;
  /**
   * Where it is undecided: how many runs in all, of a comparison per version, would decide it if
   * they were like these; null: no number that anyone waits for. Absent where it is decided, or not
   * known.
   */
  needRuns?: number | null;
}

/**
 * The measurement as it is printed and stored. What names the version under test is added by the
 * caller.
 */
export interface BenchReport {
  /** `open`: under a load, see `open`. */
  mode: 'solo' | 'ab' | 'open';
  status: BenchStatus;
  /** Null when status is `ok`. `stderr` is the end of what the child wrote there. */
  error: { status: Exclude<BenchStatus, 'ok'>; message: string; stderr: string; launch: number } | null;
  /** `looks`: runs per arm at which a comparison was looked at. */
  plan: ResolvedPlan & { block: null; looks: number[] | null };
  input: {
    source: 'golden' | 'file' | 'synthetic';
    /**
     * How many inputs take turns, run after run, from the first on in each launch. Absent in
     * records of versions that had only one.
     */
    cases?: number;
    seed: number;
    /** Shape by input name, of the inputs that have the same in all cases. */
    shapes: Record<string, number[]>;
    /** Of the other inputs: the shapes with the fewest and the most elements. */
    varying?: Record<string, { smallest: number[]; largest: number[] }>;
    ranges: Record<string, [low: number, high: number]>;
    /**
     * SHA-256 (hex) of names, dtypes, shapes and data of all cases; null when no child got as far
     * as making them.
     */
    sha256: string | null;
  };
  /**
   * Held to the golden set in each session, before and after timing; `skipped` names outputs that
   * are not fetched: no tensors, or of types that cannot be given back.
   */
  outputs: OutputsCheck & { fetched: string[]; skipped: string[] };
  session: {
    provider: 'cpu';
    /** Null: as ONNX Runtime has it. */
    intraOpThreads: number | null;
    interOpThreads: number | null;
    executionMode: 'sequential';
    graphOptimization: 'all';
    extra: Record<string, string>;
  };
  /** Medians over the launches; the warm-up is their total. Null unless status is `ok`. */
  phases: { createMs: number; firstRunMs: number; warmup: WarmupResult } | null;
  launches: LaunchResult[];
  /**
   * Of scenario `server`, from when a run was due; of `multi`, of queries; else of runs. Null
   * unless status is `ok`.
   */
  latencyMs: LatencySummary | null;
  /** Runs per second of timed wall time; null unless status is `ok`. */
  throughputPerSec: number | null;
  /**
   * Runs × the common first dimension of the inputs (its mean over the cases), per second; null
   * when the inputs have no common first dimension.
   */
  itemsPerSec: number | null;
  /**
   * Megabytes of 10^6 bytes: the highest of the launches, and what Node and ONNX Runtime take
   * before the model.
   */
  memory: { peakRssMb: number; baseRssMb: number } | null;
  compare: BenchComparison | null;
  /** Null: it was not asked for, or could not be made, of which there is a note. */
  profile: OperatorProfile | null;
  open: LoadResult | null;
  notes: string[];
  environment: { fingerprint: string; facts: HostFacts; drift: HostDrift };
  gates: GateResult[];
}

/** How the version compares with its baseline, measured in the same run. */
export interface BenchComparison {
  stat: Statistic;
  /** Percentile of the version / of the baseline; null: too few runs to name them. */
  ratio: number | null;
  /** The interval of the ratio at the level of one look; null: not known. */
  low: number | null;
  high: number | null;
  /** The increase that is allowed; null: none was given. */
  margin: number | null;
  /** At which the comparison ended, from 1. */
  look: number;
  /** The smallest increase that would have been told from none; null: not known. */
  minimumDetectable: number | null;
  /** Of the baseline, as `latencyMs` and `outputs` are of the version. */
  baselineLatencyMs: LatencySummary;
  baselineOutputs: OutputsCheck;
}

/** What a load shows besides the latency. */
export interface LoadResult extends LoadPlan {
  /** Runs that were due; of other scenarios than `server`, those that were made. */
  scheduled: number;
  completed: number;
  /** Never begun, since the time was up: they count in the latency as at least so late. */
  unfinished: number;
  /** Runs completed per second, all workers together. */
  achievedRate: number;
  /**
   * From when a run was due, or its query issued, until it was done, waiting included; null:
   * nothing waits.
   */
  response: LatencySummary | null;
  /** Of a run by itself. */
  service: LatencySummary;
  /**
   * How late runs began that had a free worker, at the 99th percentile: the harness is to blame.
   * Null: nothing was due.
   */
  sendLagP99Ms: number | null;
  /**
   * The share of their time that the workers would need to keep up with the rate; from 1 on they
   * cannot. Null without a rate.
   */
  utilisation: number | null;
  /** Runs that were due and not begun when the last one became due; null without a rate. */
  waitingAtEnd: number | null;
  /**
   * The queue grew without end, so that the latency says how long was measured, not what the model
   * takes.
   */
  saturated: boolean;
  /** Why it is thought to; null: it is not. */
  reason: string | null;
}

export interface BenchMeasurement {
  report: BenchReport;
  /**
   * Latencies in milliseconds in the order they were run, one array per launch; empty unless status
   * is `ok`.
   */
  samples: Float64Array[];
  /**
   * What is stored, where that is more than `samples`: every block of a comparison in the order of
   * time, or runs beside queries.
   */
  blocks?: SampleSeries[];
}

export interface BenchProgress {
  phase: 'start' | 'warmup' | 'timed' | 'done' | 'profile';
  /** The launch under way, from 1. */
  launch: number;
  launches: number;
  /** Timed runs done, over all launches. */
  runs: number;
  /** 0 … 1 of the whole measurement. */
  fraction: number;
}
