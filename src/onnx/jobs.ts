import type { FeedPlan } from './synthesize.ts';

/** Options of an ONNX Runtime session; all are set, so that nothing depends on the machine's defaults. */
export interface SessionChoices {
  intraOpThreads: number;
  interOpThreads: number;
  /** Session config entries by their ONNX Runtime key, such as `session.intra_op.allow_spinning`. */
  extra: Record<string, string>;
}

/** Time runs of one model with the same inputs. */
export interface BenchJob {
  kind: 'bench';
  /** A path, not bytes: external data is found beside it. */
  modelFile: string;
  session: SessionChoices;
  feeds: FeedPlan[];
  /** Names of the outputs to fetch. */
  fetches: string[];
  /** Warm-up runs; null: until the latency is stable. */
  warmup: number | null;
  /** Timed until both are reached, or `maxRuns`. */
  minMs: number;
  minRuns: number;
  maxRuns: number;
}

export type Job = BenchJob;

export interface BenchJobProgress {
  phase: 'warmup' | 'timed';
  runs: number;
  /** Milliseconds of timed runs so far. */
  timedMs: number;
}

export type JobProgress = BenchJobProgress;

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
  contextSwitches: { voluntary: number; involuntary: number };
  gc: { count: number; ms: number };
}

export type JobResult = BenchJobResult;
