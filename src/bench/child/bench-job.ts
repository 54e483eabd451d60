import { isMismatch } from '../../runtime/is-mismatch.ts';
import type { BenchJob, BenchJobProgress, BenchJobResult } from '../../runtime/jobs.ts';
import { peakRss, watchUsage } from '../../runtime/process-usage.ts';
import { loadTimedModel, type Runtime } from './timed-model.ts';
import { measureFloorUs, timeRuns, untimed, warmUp } from './timed-runs.ts';

const progressMs = 100;

/** Does the job in this process, which ONNX Runtime may block, bloat or crash: only ever in the child. */
export async function runBenchJob(
  runtime: Runtime,
  job: BenchJob,
  report: (progress: BenchJobProgress) => Promise<void>,
): Promise<BenchJobResult> {
  const baseRssBytes = process.memoryUsage.rss();
  const harnessFloorUs = await measureFloorUs();

  const model = await loadTimedModel(runtime, job, job.session);
  const { run, createMs, firstRunMs, inputSha256, unfetched } = model;

  let reported = 0;
  const between =
    (phase: BenchJobProgress['phase']) =>
    async (runs: number, timedMs: number): Promise<void> => {
      if (performance.now() - reported < progressMs) return;
      await report({ phase, runs, timedMs });
      reported = performance.now();
    };
  const before = await model.checkGolden(() => between('warmup')(0, 0));
  const known = {
    onnxruntime: runtime.env.versions.node ?? runtime.env.versions.common,
    createMs,
    firstRunMs,
    harnessFloorUs,
    baseRssBytes,
    inputSha256,
    unfetched,
  };
  if (before !== null && isMismatch(before))
    return { ...known, ...untimed, peakRssBytes: peakRss(), golden: { before, after: null } };
  const warmup = await warmUp(run, job.warmup, between('warmup'), model.cases);

  model.goTo(0);
  const usage = watchUsage();
  const { samples, timedMs } = await timeRuns(run, job, between('timed'));
  const used = usage();
  const peakRssBytes = peakRss();
  const after = await model.checkGolden(() => between('timed')(samples.length, timedMs));
  return {
    ...known,
    warmup,
    samples,
    timedMs,
    peakRssBytes,
    golden: before === null ? null : { before, after },
    ...used,
  };
}
