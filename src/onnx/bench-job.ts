import type { BenchJob, BenchJobProgress, BenchJobResult } from './jobs.ts';
import { peakRss, watchUsage } from './process-usage.ts';
import { loadTimedModel, type Runtime } from './timed-model.ts';
import { measureFloorUs, timeRuns, warmUp } from './timed-runs.ts';

const progressMs = 100;

/** Does the job in this process, which ONNX Runtime may block, bloat or crash: only ever in the child. */
export async function runBenchJob(
  runtime: Runtime,
  job: BenchJob,
  report: (progress: BenchJobProgress) => Promise<void>,
): Promise<BenchJobResult> {
  const baseRssBytes = process.memoryUsage.rss();
  const harnessFloorUs = await measureFloorUs();

  const { run, createMs, firstRunMs, inputSha256 } = await loadTimedModel(runtime, job, job.session);

  let reported = 0;
  const between =
    (phase: BenchJobProgress['phase']) =>
    async (runs: number, timedMs: number): Promise<void> => {
      if (performance.now() - reported < progressMs) return;
      await report({ phase, runs, timedMs });
      reported = performance.now();
    };
  const warmup = await warmUp(run, job.warmup, between('warmup'));

  const usage = watchUsage();
  const { samples, timedMs } = await timeRuns(run, job, between('timed'));
  const used = usage();
  return {
    onnxruntime: runtime.env.versions.node ?? runtime.env.versions.common,
    createMs,
    firstRunMs,
    warmup,
    samples,
    timedMs,
    harnessFloorUs,
    peakRssBytes: peakRss(),
    baseRssBytes,
    inputSha256,
    ...used,
  };
}
