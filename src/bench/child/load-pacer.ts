import { cells, closed, mostRuns, type LoadBoard, type LoadPace } from './load-board.ts';
import { waitUntil, type SharedClock } from './shared-clock.ts';

/** How a worker keeps to the pace. */
export interface Pacer {
  /** Blocks until run `at` may begin; false: neither this one nor a later one is to be made. */
  awaitTurn: (at: number) => boolean;
  /** To be called after every run. */
  ranOne: () => void;
}

/**
 * How long a worker looks for the next query before it goes to sleep, which it is slow to wake
 * from.
 */
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
        // Whoever ends the last run of a query issues the next one.
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
