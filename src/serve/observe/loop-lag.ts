import { createHistogram, record, type Histogram } from './histogram.ts';

const everyMs = 100;
const bounds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];

/** How late this process's event loop runs a timer, in seconds: what any request would have waited. */
export interface LoopLag {
  readonly histogram: Histogram;
  /** Of the last minute, in seconds. */
  worst: () => number;
  stop: () => void;
}

const minute = 60_000 / everyMs;

/** Starts a timer of ten ticks a second, which does not keep the process alive. */
export function watchLoopLag(): LoopLag {
  const histogram = createHistogram(bounds);
  const recent = new Float64Array(minute);
  let tick = 0;
  let due = performance.now() + everyMs;
  const timer = setInterval(() => {
    const now = performance.now();
    // Node counts timers in whole milliseconds, so that one may come a little early.
    const lag = Math.max(0, now - due) / 1000;
    due = now + everyMs;
    record(histogram, lag);
    recent[tick % minute] = lag;
    tick += 1;
  }, everyMs);
  timer.unref();
  return { histogram, worst: () => Math.max(...recent), stop: () => clearInterval(timer) };
}
