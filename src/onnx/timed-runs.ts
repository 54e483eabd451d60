/**
 * One inference; resolves when the outputs are there.
 * Times are taken with performance.now(): as fast as process.hrtime.bigint() (about 50 ns), the same clock, and without a
 * heap object per call, so that the measuring itself causes no garbage collection.
 */
export type Run = () => Promise<unknown>;

export interface TimedRuns {
  samples: Float64Array;
  timedMs: number;
}

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
    let done = false;
    while (!done && runs < samples.length && end - blockStart < blockMs) {
      const start = performance.now();
      await run();
      end = performance.now();
      samples[runs++] = end - start;
      done = runs >= maxRuns || (runs >= minRuns && timedMs + (end - blockStart) >= minMs);
    }
    timedMs += end - blockStart;
    if (done) return { samples: toNanoseconds(samples.slice(0, runs)), timedMs };
    if (runs === samples.length) {
      const grown = new Float64Array(Math.min(maxRuns, 2 * samples.length));
      grown.set(samples);
      samples = grown;
    }
    await between(runs, timedMs);
  }
}

/** The clock ticks in nanoseconds; the digits beyond come from subtracting doubles. */
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
 * Runs without keeping the times. With `runs` null: at least 10 runs and 500 ms, until the medians of three consecutive groups
 * of ten lie within 10% of each other, for 10 seconds at most (then `stable` is false).
 */
export async function warmUp(run: Run, runs: number | null, between: Between): Promise<WarmUp> {
  const began = performance.now();
  const medians: number[] = [];
  let group: number[] = [];
  let done = 0;
  const elapsed = (): number => performance.now() - began;
  while (runs === null || done < runs) {
    const start = performance.now();
    await run();
    group.push(performance.now() - start);
    done++;
    if (runs === null && elapsed() >= rule.maxMs) return { runs: done, ms: elapsed(), stable: false };
    if (group.length < rule.groupRuns) continue;
    medians.push(group.sort((a, b) => a - b)[rule.groupRuns / 2 - 1] ?? 0);
    group = [];
    if (runs === null && elapsed() >= rule.minMs && agree(medians))
      return { runs: done, ms: elapsed(), stable: true };
    await between(done, 0);
  }
  return { runs: done, ms: elapsed(), stable: null };
}

function agree(medians: readonly number[]): boolean {
  const last = medians.slice(-rule.groups);
  return last.length === rule.groups && Math.max(...last) <= rule.agreement * Math.min(...last);
}

/**
 * The latency in microseconds that this harness reports for a run without work: two readings of the clock and the turn of the
 * event loop that onnxruntime-node's run() takes before it calls the runtime. Median of 2,000.
 */
export async function measureFloorUs(): Promise<number> {
  const nothing: Run = () => new Promise((resolve) => setImmediate(resolve));
  const { samples } = await timeRuns(nothing, { minMs: 0, minRuns: 2000, maxRuns: 2000 }, () =>
    Promise.resolve(),
  );
  return (samples.sort()[999] ?? 0) * 1000;
}
