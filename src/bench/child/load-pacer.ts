import { type LoadBoard, type LoadPace, cells, closed, mostRuns } from './load-board.ts';

/** Makes a worker follow the pace. */
export interface Pacer {
  /** Blocks until run `at` may start; false: neither this run nor any later one starts. */
  awaitTurn: (at: number) => boolean;
  /** Call it after every run. */
  ranOne: () => void;
}

/** How long a worker spins for the next query before it sleeps; waking from sleep is slow. */
const attentiveMs = 0.05;

export function createPacer(pace: LoadPace, { counts }: LoadBoard, now: SharedClock): Pacer {
  const most = mostRuns(pace);
  const ranOne = (): number => Atomics.add(counts, cells.done, 1) + 1;
  switch (pace.kind) {
    case 'free':
      return {
        awaitTurn: (at) => at < most && (at < pace.minRuns || now() < pace.minMs),
        ranOne,
      };
    case 'arrivals':
      return {
        awaitTurn: (at) => {
          if (at >= most || now() > pace.lastStartMs) return false;
          waitUntil(now, pace.atMs[at] ?? 0);
          return true;
        },
        ranOne,
      };
    case 'queries':
      return {
        awaitTurn: (at) => {
          for (;;) {
            const issued = Atomics.load(counts, cells.issued);
            if (issued === closed) return false;
            if (at < issued) return true;
            awaitChange(counts, issued, now);
          }
        },
        // The worker that ends the last run of a query issues the next query.
        ranOne: () => {
          const done = ranOne();
          if (done < Atomics.load(counts, cells.issued)) return;
          const goesOn = done < most && (done < pace.minQueries * pace.runsPerQuery || now() < pace.minMs);
          Atomics.store(counts, cells.issued, goesOn ? done + pace.runsPerQuery : closed);
          Atomics.notify(counts, cells.issued);
        },
      };
  }
}

function awaitChange(counts: Int32Array, issued: number, now: SharedClock): void {
  const attentiveUntil = now() + attentiveMs;
  while (now() < attentiveUntil) if (Atomics.load(counts, cells.issued) !== issued) return;
  Atomics.wait(counts, cells.issued, issued);
}

/** Milliseconds since a fixed moment, on a clock that all threads of this process share. */
export type SharedClock = () => number;

const attempts = 50;
/** Longer than Atomics.wait() oversleeps on an idle machine (0.1 ms, at most 0.2 ms). */
const spinMs = 0.25;

/**
 * The time since `zero`, a reading of process.hrtime.bigint(). Reads performance.now(), which
 * allocates nothing but has a different origin in each thread. The offset between the two clocks is
 * measured to within 0.1 µs.
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

/** Only for sleeping: no thread notifies it. */
const nobodyWakes = new Int32Array(new SharedArrayBuffer(4));

/**
 * Blocks this thread until `time`, never less. Sleeps first and spins for the last quarter of a
 * millisecond.
 */
export function waitUntil(now: SharedClock, time: number): void {
  for (let left = time - now(); left > 0; left = time - now()) {
    if (left > spinMs) Atomics.wait(nobodyWakes, 0, 0, left - spinMs);
  }
}
