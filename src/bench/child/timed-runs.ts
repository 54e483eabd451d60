import { releaseOutputs, type Outputs } from '../../runtime/child/session.ts';

/**
 * One inference; resolves when the outputs are available. Times come from performance.now(): it is
 * as fast as process.hrtime.bigint() (about 50 ns) and reads the same clock, but allocates nothing,
 * so that measuring causes no garbage collection.
 */
export type Run = () => Promise<Outputs>;

/** Progress of a job that times runs. */
export interface TimingProgress {
  phase: 'warmup' | 'timed' | 'profile';
  runs: number;
  /** Milliseconds of timed runs so far. */
  timedMs: number;
}

const progressMs = 100;

/** Reports progress at most ten times a second, so that reporting takes no time from the runs. */
export function reportSparingly(
  report: (progress: TimingProgress) => Promise<void>,
): (phase: TimingProgress['phase'], runs: number, timedMs: number) => Promise<void> {
  let reported = 0;
  return async (phase, runs, timedMs) => {
    if (performance.now() - reported < progressMs) return;
    await report({ phase, runs, timedMs });
    reported = performance.now();
  };
}

export interface TimedRuns {
  samples: Float64Array;
  timedMs: number;
}

/** For a model that was loaded but not timed. */
export const untimed = {
  warmup: { runs: 0, ms: 0, stable: null },
  samples: new Float64Array(),
  timedMs: 0,
  contextSwitches: { voluntary: 0, involuntary: 0 },
  gc: { count: 0, ms: 0 },
};

/** Called between blocks of runs, outside of every sample. */
export type Between = (runs: number, timedMs: number) => Promise<void>;

const blockMs = 100;
const firstCapacity = 65_536;

/** Times runs until `minMs` and `minRuns` are both reached, or `maxRuns`. */
export async function timeRuns(
  run: Run,
  { minMs, minRuns, maxRuns }: { minMs: number; minRuns: number; maxRuns: number },
  between: Between,
): Promise<TimedRuns> {
  let samples = new Float64Array(Math.min(maxRuns, firstCapacity));
  let runs = 0;
  let timedMs = 0;
  for (;;) {
    const blockStart = performance.now();
    let end = blockStart;
    let releaseMs = 0;
    let done = false;
    while (!done && runs < samples.length && end - blockStart < blockMs) {
      const start = performance.now();
      const outputs = await run();
      end = performance.now();
      samples[runs++] = end - start;
      done = runs >= maxRuns || (runs >= minRuns && timedMs + (end - blockStart - releaseMs) >= minMs);
      const released = releaseOutputs(outputs);
      if (released === undefined) continue;
      await released;
      if (!done && runs < samples.length) releaseMs += performance.now() - end;
    }
    timedMs += end - blockStart - releaseMs;
    if (done) return { samples: toNanoseconds(samples.slice(0, runs)), timedMs };
    if (runs === samples.length) {
      const grown = new Float64Array(Math.min(maxRuns, 2 * samples.length));
      grown.set(samples);
      samples = grown;
    }
    await between(runs, timedMs);
  }
}

/** The clock ticks in nanoseconds; further digits come from subtracting doubles. */
function toNanoseconds(samples: Float64Array): Float64Array {
  return samples.map((sample) => Math.round(sample * 1e6) / 1e6);
}

export interface WarmUp {
  runs: number;
  ms: number;
  stable: boolean | null;
}

const rule = { groupRuns: 10, groups: 3, minMs: 500, maxMs: 10_000, agreement: 1.1 };

/**
 * Runs without keeping the times. If `runs` is null: at least 10 runs and 500 ms, until the medians
 * of three consecutive groups of ten lie within 10% of each other, but at most 10 seconds (then
 * `stable` is false). If `cases` take turns, they may differ by more than 10%, so a group is the
 * smallest number of whole turns with at least ten runs. Its mean of the middle half counts,
 * because a median may fall between two kinds of cases.
 */
export async function warmUp(run: Run, runs: number | null, between: Between, cases = 1): Promise<WarmUp> {
  const groupRuns = cases * Math.ceil(rule.groupRuns / cases);
  const began = performance.now();
  const middles: number[] = [];
  let group: number[] = [];
  let done = 0;
  const elapsed = (): number => performance.now() - began;
  while (runs === null || done < runs) {
    const start = performance.now();
    const outputs = await run();
    group.push(performance.now() - start);
    await releaseOutputs(outputs);
    done++;
    if (runs === null && elapsed() >= rule.maxMs) return { runs: done, ms: elapsed(), stable: false };
    if (done % rule.groupRuns === 0) await between(done, 0);
    if (group.length < groupRuns) continue;
    middles.push(middleOf(group, cases));
    group = [];
    if (runs === null && elapsed() >= rule.minMs && agree(middles))
      return { runs: done, ms: elapsed(), stable: true };
  }
  return { runs: done, ms: elapsed(), stable: null };
}

function middleOf(group: number[], cases: number): number {
  const sorted = group.sort((a, b) => a - b);
  if (cases === 1) return sorted[Math.ceil(sorted.length / 2) - 1] ?? 0;
  const quarter = Math.floor(sorted.length / 4);
  const half = sorted.slice(quarter, sorted.length - quarter);
  return half.reduce((sum, ms) => sum + ms, 0) / half.length;
}

function agree(middles: readonly number[]): boolean {
  const last = middles.slice(-rule.groups);
  return last.length === rule.groups && Math.max(...last) <= rule.agreement * Math.min(...last);
}

/**
 * The latency in microseconds that this harness measures for an empty run: two clock readings and
 * the turn of the event loop that onnxruntime-node's run() takes before it calls the runtime.
 * Median of 2,000.
 */
export async function measureFloorUs(): Promise<number> {
  const none = {};
  const nothing: Run = () => new Promise((resolve) => setImmediate(resolve, none));
  const { samples } = await timeRuns(nothing, { minMs: 0, minRuns: 2000, maxRuns: 2000 }, () =>
    Promise.resolve(),
  );
  return (samples.sort()[999] ?? 0) * 1000;
}
