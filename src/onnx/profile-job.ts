import { closeSync, openSync, readdirSync, readSync } from 'node:fs';
import { join } from 'node:path';
import type { BenchJobProgress, ProfileJob, ProfileJobResult } from './jobs.ts';
import { summarizeProfile } from './operator-profile.ts';
import { loadTimedModel, type Runtime } from './timed-model.ts';

/** At first, caches are cold and JavaScript is not compiled: runs do not count until there were so many, or so long, but a few at least. */
const warm = { runs: 300, ms: 300, leastRuns: 3 };
/** The profile ends after so many runs or so long, but not before a few; it never grows beyond the memory below. */
const enough = { runs: 500, ms: 1000, leastRuns: 10 };
/** ONNX Runtime holds the profile until its end, some 1.7 kB for every node of every run. */
const mostProfileBytes = 256 * 2 ** 20;
const progressMs = 100;
const chunkBytes = 2 ** 20;

/**
 * Runs the model in a session that writes down what each operator takes. That makes runs slower: what they take is no latency, and nothing
 * of it goes into one. Only ever in the child.
 */
export async function runProfileJob(
  runtime: Runtime,
  { session: choices, folder, domains, ...model }: ProfileJob,
  report: (progress: BenchJobProgress) => Promise<void>,
): Promise<ProfileJobResult> {
  const { run, endProfiling, feedsMs } = await loadTimedModel(runtime, model, choices, {
    enableProfiling: true,
    profileFilePrefix: join(folder, 'profile'),
  });
  const before = process.memoryUsage.rss();
  const grown = (): number => process.memoryUsage.rss() - before;
  const loaded = performance.now();
  // Loading has run it once.
  let skip = 1;
  for (; grown() < mostProfileBytes / 8 && !isEnough(warm, skip, performance.now() - loaded); skip++)
    await run();

  const publicMs: number[] = [];
  const began = performance.now();
  let reported = began;
  for (let now = began; !isEnough(enough, publicMs.length, now - began);) {
    const start = performance.now();
    await run();
    now = performance.now();
    publicMs.push(now - start);
    if (grown() > mostProfileBytes) break;
    if (now - reported < progressMs) continue;
    await report({ phase: 'profile', runs: publicMs.length, timedMs: now - began });
    reported = now;
  }
  endProfiling();
  const summary = summarizeProfile(readChunks(profileIn(folder)), { pid: process.pid, skip, domains });
  // Fewer where ONNX Runtime kept no more.
  const profiled = publicMs.slice(0, summary.runs);
  return {
    ...summary,
    feedsMs,
    callMs: profiled.reduce((sum, ms) => sum + ms, 0) / profiled.length,
    medianCallMs: profiled.toSorted((a, b) => a - b)[Math.ceil(profiled.length / 2) - 1] ?? 0,
  };
}

function isEnough(rule: typeof enough, runs: number, ms: number): boolean {
  return runs >= rule.runs || (runs >= rule.leastRuns && ms >= rule.ms);
}

/** ONNX Runtime adds the time to the prefix, and onnxruntime-node does not give back the name. */
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
