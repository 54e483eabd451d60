import { closeSync, openSync, readdirSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { releaseOutputs, type SessionChoices } from '../../runtime/child/session.ts';
import type { JobKind, RunJob } from '../../runtime/job-kind.ts';
import { summarizeProfile, type ProfileSummary } from './operator-profile.ts';
import { loadTimedModel, type TimedModel } from './timed-model.ts';
import { reportSparingly, type Run, type TimingProgress } from './timed-runs.ts';

export interface ProfileJob extends TimedModel {
  session: SessionChoices;
  /** An empty folder for ONNX Runtime's profile. */
  folder: string;
  /** The model's own operators: domain by name. */
  domains: Map<string, string>;
}

export interface ProfileAnswer extends ProfileSummary {
  /** Milliseconds to create the input tensors. */
  feedsMs: number;
  /** Mean and median milliseconds of a call of run(), while profiling. */
  callMs: number;
  medianCallMs: number;
}

/**
 * Measures the time of each operator of a model, in a session with profiling. Profiling slows runs
 * down, so their times are never used as latencies.
 */
export const profileJob: JobKind<ProfileJob, TimingProgress, ProfileAnswer> = { name: 'profile' };

/**
 * At first, caches are cold and JavaScript is not compiled. Runs are skipped until this many runs
 * or milliseconds, and at least one is.
 */
const warm = { runs: 300, ms: 300, leastRuns: 1 };
/**
 * The profile ends after this many runs or milliseconds, but not before `leastRuns`; and always
 * once memory has grown by `mostProfileBytes`.
 */
const enough = { runs: 500, ms: 1000, leastRuns: 5 };
/** ONNX Runtime holds the profile in memory until its end, up to 2.6 kB per node and run. */
const mostProfileBytes = 256 * 2 ** 20;
const chunkBytes = 2 ** 20;

export const run: RunJob<typeof profileJob> = async (
  runtime,
  { session: choices, folder, domains, ...model },
  report,
) => {
  const {
    run: infer,
    endProfiling,
    feedsMs,
  } = await loadTimedModel(runtime, model, choices, {
    enableProfiling: true,
    profileFilePrefix: join(folder, 'profile'),
  });
  const { warming, counted } = await runUntilEnough(infer, report);
  endProfiling();
  const summary = summarizeProfile(readChunks(profileIn(folder)), {
    pid: process.pid,
    // Loading the model has run it once.
    skip: 1 + warming,
    domains,
  });
  // Fewer than counted if ONNX Runtime kept fewer.
  const profiled = counted.slice(0, summary.runs);
  return {
    ...summary,
    feedsMs,
    callMs: profiled.reduce((sum, ms) => sum + ms, 0) / profiled.length,
    medianCallMs: profiled.toSorted((a, b) => a - b)[Math.ceil(profiled.length / 2) - 1] ?? 0,
  };
};

/** The number of skipped runs, and the milliseconds of each counted run (at least one). */
async function runUntilEnough(
  run: Run,
  report: (progress: TimingProgress) => Promise<void>,
): Promise<{ warming: number; counted: number[] }> {
  const before = process.memoryUsage.rss();
  const counted: number[] = [];
  let warming = 0;
  let began = performance.now();
  const tell = reportSparingly(report);
  for (;;) {
    const start = performance.now();
    const outputs = await run();
    const now = performance.now();
    counted.push(now - start);
    await releaseOutputs(outputs);
    if (process.memoryUsage.rss() - before > mostProfileBytes) return { warming, counted };
    if (warming === 0 && isEnough(warm, counted.length, now - began)) {
      warming = counted.length;
      counted.length = 0;
      began = now;
    } else if (warming > 0 && isEnough(enough, counted.length, now - began)) return { warming, counted };
    await tell('profile', counted.length, now - began);
  }
}

function isEnough(rule: typeof enough, runs: number, ms: number): boolean {
  return runs >= rule.runs || (runs >= rule.leastRuns && ms >= rule.ms);
}

/**
 * ONNX Runtime appends the time to the prefix, and onnxruntime-node does not return the file name.
 */
function profileIn(folder: string): string {
  const [file] = readdirSync(folder);
  if (file === undefined) throw new Error('ONNX Runtime wrote no profile');
  return join(folder, file);
}

function* readChunks(path: string): Generator<Uint8Array> {
  const fd = openSync(path, 'r');
  try {
    const chunk = new Uint8Array(chunkBytes);
    for (let read = readSync(fd, chunk); read > 0; read = readSync(fd, chunk)) yield chunk.subarray(0, read);
  } finally {
    closeSync(fd);
  }
}
