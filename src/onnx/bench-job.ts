import { readFileSync } from 'node:fs';
import { GCProfiler } from 'node:v8';
import type { Tensor } from 'onnxruntime-node';
import { hashFeeds, materialiseFeed } from './feed-data.ts';
import type { BenchJob, BenchJobProgress, BenchJobResult } from './jobs.ts';
import { sessionOptions } from './session-options.ts';
import { measureFloorUs, timeRuns, warmUp, type Run } from './timed-runs.ts';

type Runtime = typeof import('onnxruntime-node');

const progressMs = 100;

/** Does the job in this process, which ONNX Runtime may block, bloat or crash: only ever in the child. */
export async function runBenchJob(
  runtime: Runtime,
  job: BenchJob,
  report: (progress: BenchJobProgress) => Promise<void>,
): Promise<BenchJobResult> {
  const baseRssBytes = process.memoryUsage.rss();
  const harnessFloorUs = await measureFloorUs();

  const beforeCreate = performance.now();
  const session = await runtime.InferenceSession.create(job.modelFile, sessionOptions(job.session));
  const createMs = performance.now() - beforeCreate;

  const made = job.feeds.map((plan) => ({ plan, data: materialiseFeed(plan) }));
  const inputSha256 = hashFeeds(made);
  const feeds: Record<string, Tensor> = Object.fromEntries(
    // The constructor's types tie data to dtype; materialiseFeed keeps that promise.
    made.map(({ plan, data }) => [
      plan.name,
      new runtime.Tensor(plan.dtype as 'float32', data as Float32Array, plan.shape),
    ]),
  );
  const run: Run = () => session.run(feeds, job.fetches);

  const beforeFirst = performance.now();
  await run();
  const firstRunMs = performance.now() - beforeFirst;

  let reported = 0;
  const between =
    (phase: BenchJobProgress['phase']) =>
    async (runs: number, timedMs: number): Promise<void> => {
      if (performance.now() - reported < progressMs) return;
      await report({ phase, runs, timedMs });
      reported = performance.now();
    };
  const warmup = await warmUp(run, job.warmup, between('warmup'));

  const collections = new GCProfiler();
  const before = process.resourceUsage();
  collections.start();
  const { samples, timedMs } = await timeRuns(run, job, between('timed'));
  const statistics = collections.stop()?.statistics ?? [];
  const after = process.resourceUsage();
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
    contextSwitches: {
      voluntary: after.voluntaryContextSwitches - before.voluntaryContextSwitches,
      involuntary: after.involuntaryContextSwitches - before.involuntaryContextSwitches,
    },
    gc: {
      count: statistics.length,
      ms: statistics.reduce((sum, { cost }) => sum + cost, 0) / 1e3,
    },
  };
}

/** Linux counts the parent's memory at the time of the fork into ru_maxrss; VmHWM is this program's own. */
function peakRss(): number {
  try {
    const kilobytes = /^VmHWM:\s*(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'latin1'))?.[1];
    if (kilobytes !== undefined) return Number(kilobytes) * 1024;
  } catch {
    // Not Linux.
  }
  return process.resourceUsage().maxRSS * 1024;
}
