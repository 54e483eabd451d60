import type { Signature } from '../core/versions/signature.ts';
import type { Tolerance, TensorComparison } from '../onnx/tensors/compare-tensors.ts';
import type { CheckedCase } from '../onnx/golden/golden-set.ts';
import type { ProfileSummary } from '../bench/child/operator-profile.ts';
import type { RecordedFeeds } from '../onnx/feeds/recorded-feeds.ts';
import type { FeedPlan } from '../onnx/feeds/synthesize.ts';

/** Options of an ONNX Runtime session; all are set, so that nothing depends on the machine's defaults, unless that is what is asked for. */
export interface SessionChoices {
  /** Null: what ONNX Runtime takes by itself. */
  intraOpThreads: number | null;
  interOpThreads: number | null;
  /** Session config entries by their ONNX Runtime key, such as `session.intra_op.allow_spinning`. */
  extra: Record<string, string>;
}

/** Inputs to be made, of one inference, or those of several that were recorded. */
export type Feeds = FeedPlan[] | RecordedFeeds;

/** A golden set to hold a model to. */
export interface GoldenFiles {
  signature: Signature;
  /** Where each file of the golden set is, by its path in there. */
  files: Map<string, string>;
  /** What beats the golden set's own tolerances. */
  tolerance: Partial<Tolerance>;
}

/** A model to be timed: the same inputs again and again, or recorded cases in turn. */
export interface TimedModel {
  /** A path, not bytes: external data is found beside it. */
  modelFile: string;
  feeds: Feeds;
  /** Names of the outputs to fetch. */
  fetches: string[];
  /** Compared in the session that is timed, before and after. */
  golden?: GoldenFiles | undefined;
}

/** Time runs of one model. */
export interface BenchJob extends TimedModel {
  kind: 'bench';
  session: SessionChoices;
  /** Warm-up runs; null: until the latency is stable. */
  warmup: number | null;
  /** Timed until both are reached, or `maxRuns`. */
  minMs: number;
  minRuns: number;
  maxRuns: number;
}

export interface BenchJobProgress {
  phase: 'warmup' | 'timed' | 'profile';
  runs: number;
  /** Milliseconds of timed runs so far. */
  timedMs: number;
}

export interface BenchJobResult {
  onnxruntime: string;
  createMs: number;
  firstRunMs: number;
  warmup: { runs: number; ms: number; stable: boolean | null };
  /** Milliseconds per run, in order. */
  samples: Float64Array;
  /** Wall milliseconds of the timed blocks. */
  timedMs: number;
  /** Microseconds that the harness reports for a run that does nothing. */
  harnessFloorUs: number;
  peakRssBytes: number;
  /** Node and ONNX Runtime, before the model is loaded. */
  baseRssBytes: number;
  inputSha256: string;
  /** As in `LoadedModel`. */
  unfetched: string[];
  /** What the golden set's cases gave; null: there is none. Of a mismatch `before`, nothing was timed and `after` is null. */
  golden: GoldenChecks | null;
  contextSwitches: { voluntary: number; involuntary: number };
  gc: { count: number; ms: number };
}

/** Before and after the runs that are timed. */
export interface GoldenChecks {
  before: GoldenCaseResult[];
  after: GoldenCaseResult[] | null;
}

/** Run one model on the cases of a golden set and compare what it gives. */
export interface GoldenJob extends GoldenFiles {
  kind: 'golden';
  modelFile: string;
  session: SessionChoices;
}

/** The case that is about to run. */
export interface GoldenJobProgress {
  case: string;
  /** Cases before it. */
  done: number;
  total: number;
}

export interface OutputComparison extends TensorComparison, Tolerance {
  output: string;
  /** Of the expected tensor. */
  dtype: string;
}

export interface GoldenCaseResult extends CheckedCase {
  /** Null where the case was skipped or the runtime refused it. */
  outputs: OutputComparison[] | null;
  /** What the runtime said. */
  error?: string;
}

export interface GoldenJobResult {
  onnxruntime: string;
  cases: GoldenCaseResult[];
}

/** Time two models in one process, in blocks that alternate. */
export interface PairJob {
  kind: 'pair';
  subject: TimedModel;
  baseline: TimedModel;
  /** Of both. */
  session: SessionChoices;
  /** Of the order of the blocks. */
  seed: number;
  /** Warm-up runs of each; null: until its latency is stable. */
  warmup: number | null;
  /** Each is timed until both are reached, or `maxRuns`. */
  minMs: number;
  minRuns: number;
  maxRuns: number;
}

/** Of each model as a bench of its own would have it, but for what they share. */
export interface PairJobResult {
  subject: BenchJobResult;
  baseline: BenchJobResult;
  /** Pairs of blocks, one of each model, in the order they were timed. */
  pairs: { subject: Float64Array; baseline: Float64Array; first: 'subject' | 'baseline' }[];
}

/** Find out what each operator of a model takes. */
export interface ProfileJob extends TimedModel {
  kind: 'profile';
  session: SessionChoices;
  /** An empty folder for ONNX Runtime's profile. */
  folder: string;
  /** The model's own operators: domain by name. */
  domains: Map<string, string>;
}

export interface ProfileJobResult extends ProfileSummary {
  /** Milliseconds to make the input tensors. */
  feedsMs: number;
  /** Mean and median milliseconds of a call of run(), while profiling. */
  callMs: number;
  medianCallMs: number;
}

/** When the runs of a load begin. Times in milliseconds from its start. */
export type LoadPace =
  /** A worker that is free takes the next one, until both minima are reached or `maxRuns`. */
  | { kind: 'free'; minMs: number; minRuns: number; maxRuns: number }
  /** So many runs at once, which the workers share; the next query when all of them are done. The rest as above, of queries. */
  | { kind: 'queries'; runsPerQuery: number; minMs: number; minQueries: number; maxQueries: number }
  /** At these times, ascending, or when a worker is free; after `lastStartMs` none is begun. */
  | { kind: 'arrivals'; atMs: Float64Array; lastStartMs: number };

/** Time runs of one model by several workers at once, each with a session of its own. */
export interface LoadJob extends TimedModel {
  kind: 'load';
  session: SessionChoices;
  workers: number;
  /** Warm-up runs of each worker; null: until its latency is stable. */
  warmup: number | null;
  pace: LoadPace;
}

/** A load's runs in the order in which they were taken, or of the arrivals: which worker had it, and when. */
export interface LoadRuns {
  worker: Uint16Array;
  /** Milliseconds from the start of the load; NaN: an arrival that was never begun. */
  startMs: Float64Array;
  doneMs: Float64Array;
}

export interface LoadJobResult extends Omit<BenchJobResult, 'samples' | 'timedMs' | 'warmup'> {
  /** Times to create a session and of the first run are of the worker that took longest. */
  warmups: BenchJobResult['warmup'][];
  runs: LoadRuns;
}

/** Load ONNX Runtime, and nothing else. */
export interface ProbeJob {
  kind: 'probe';
}

export interface ProbeJobResult {
  onnxruntime: string;
}

/** The kinds of jobs, and what each sends back. */
interface JobKinds {
  bench: { job: BenchJob; progress: BenchJobProgress; result: BenchJobResult };
  pair: { job: PairJob; progress: BenchJobProgress; result: PairJobResult };
  profile: { job: ProfileJob; progress: BenchJobProgress; result: ProfileJobResult };
  load: { job: LoadJob; progress: BenchJobProgress; result: LoadJobResult };
  golden: { job: GoldenJob; progress: GoldenJobProgress; result: GoldenJobResult };
  probe: { job: ProbeJob; progress: never; result: ProbeJobResult };
}

export type Job = JobKinds[keyof JobKinds]['job'];
export type JobProgress<J extends Job = Job> = JobKinds[J['kind']]['progress'];
export type JobResult<J extends Job = Job> = JobKinds[J['kind']]['result'];
