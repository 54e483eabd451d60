/** Milliseconds since a moment, on a clock that all threads of this process share. */
export type SharedClock = () => number;

const attempts = 50;
/** Longer than Atomics.wait() oversleeps on an idle machine (0.1 ms, 0.2 ms at most). */
const spinMs = 0.25;

/**
 * The time since `zero`, a reading of process.hrtime.bigint(). It is read through
 * performance.now(), which leaves no heap object behind, but counts from another moment in each
 * thread: the difference is taken where it can be told best, to less than 0.1 µs.
 */
export function clockSince(zero: bigint): SharedClock {
  let narrowest = Number.POSITIVE_INFINITY;
  let offset = 0;
  for (let attempt = 0; attempt < attempts; attempt++) {
    const before = process.hrtime.bigint();
    const reading = performance.now();
    const after = process.hrtime.bigint();
    const width = Number(after - before);
    if (width >= narrowest) continue;
    narrowest = width;
    offset = Number(before - zero + (after - zero)) / 2e6 - reading;
  }
  return () => performance.now() + offset;
}

/** To sleep on. */
const nobodyWakes = new Int32Array(new SharedArrayBuffer(4));

/**
 * Blocks this thread until `time`: asleep, but for the last quarter of a millisecond. Never returns
 * before it.
 */
export function waitUntil(now: SharedClock, time: number): void {
  for (let left = time - now(); left > 0; left = time - now()) {
    if (left > spinMs) Atomics.wait(nobodyWakes, 0, 0, left - spinMs);
  }
}
