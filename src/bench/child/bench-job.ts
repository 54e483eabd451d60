import { isMismatch } from '../../onnx/golden/golden-set.ts';
import { versionOf, type SessionChoices } from '../../runtime/child/session.ts';
import type { JobKind, RunJob } from '../../runtime/job-kind.ts';
import type { GoldenChecks } from '../report/golden-report.ts';
import { peakRss, watchUsage } from './process-usage.ts';
import { loadTimedModel, type TimedModel } from './timed-model.ts';
import {
  measureFloorUs,
  reportSparingly,
  timeRuns,
  untimed,
  warmUp,
  type Between,
  type TimingProgress,
} from './timed-runs.ts';

export interface BenchJob extends TimedModel {
  session: SessionChoices;
  /** Warm-up runs; null: until the latency is stable. */
  warmup: number | null;
  /** Timed until both minima are reached, or until `maxRuns`. */
  minMs: number;
  minRuns: number;
  maxRuns: number;
}

export interface BenchAnswer {
  onnxruntime: string;
  createMs: number;
  firstRunMs: number;
  warmup: { runs: number; ms: number; stable: boolean | null };
  /** Milliseconds per run, in order. */
  samples: Float64Array;
  /** Wall milliseconds of the timed blocks. */
  timedMs: number;
  /** Microseconds that the harness measures for an empty run. */
  harnessFloorUs: number;
  peakRssBytes: number;
  /** Resident memory of Node and ONNX Runtime, before the model is loaded. */
  baseRssBytes: number;
  inputSha256: string;
  /** As in `LoadedModel`. */
  unfetched: string[];
  /**
   * Results of the golden set's cases; null without a golden set. If the check before timing finds
   * a mismatch, nothing is timed and `after` is null.
   */
  golden: GoldenChecks | null;
  contextSwitches: { voluntary: number; involuntary: number };
  gc: { count: number; ms: number };
}

/** Times runs of one model. */
export const benchJob: JobKind<BenchJob, TimingProgress, BenchAnswer> = { name: 'bench' };

export const run: RunJob<typeof benchJob> = async (runtime, job, report) => {
  const baseRssBytes = process.memoryUsage.rss();
  const harnessFloorUs = await measureFloorUs();

  const model = await loadTimedModel(runtime, job, job.session);
  const { run: infer, createMs, firstRunMs, inputSha256, unfetched } = model;

  const tell = reportSparingly(report);
  const warming: Between = (runs, timedMs) => tell('warmup', runs, timedMs);
  const timing: Between = (runs, timedMs) => tell('timed', runs, timedMs);
  const before = await model.checkGolden(() => warming(0, 0));
  const known = {
    onnxruntime: versionOf(runtime),
    createMs,
    firstRunMs,
    harnessFloorUs,
    baseRssBytes,
    inputSha256,
    unfetched,
  };
  if (before !== null && isMismatch(before))
    return { ...known, ...untimed, peakRssBytes: peakRss(), golden: { before, after: null } };
  const warmup = await warmUp(infer, job.warmup, warming, model.cases);

  model.goTo(0);
  const usage = watchUsage();
  const { samples, timedMs } = await timeRuns(infer, job, timing);
  const used = usage();
  const peakRssBytes = peakRss();
  const after = await model.checkGolden(() => timing(samples.length, timedMs));
  return {
    ...known,
    warmup,
    samples,
    timedMs,
    peakRssBytes,
    golden: before === null ? null : { before, after },
    ...used,
  };
};
