import { poissonArrivals } from '../../src/bench/plan/arrivals.ts';
import { arrivalTimes, type LoadTimes } from '../../src/bench/stats/load-times.ts';
import type { LoadRuns } from '../../src/bench/child/load-board.ts';

export interface Queue {
  /** Milliseconds. */
  atMs: Float64Array;
  lastStartMs: number;
  workers: number;
  /** Of the run that begins at this time. */
  serviceMs: (at: number, startMs: number) => number;
}

/** What workers would measure that serve arrivals first come, first served. */
export function serve({ atMs, lastStartMs, workers, serviceMs }: Queue): LoadRuns {
  const free = Array.from({ length: workers }, () => 0);
  const runs: LoadRuns = {
    worker: new Uint16Array(atMs.length),
    startMs: new Float64Array(atMs.length).fill(Number.NaN),
    doneMs: new Float64Array(atMs.length).fill(Number.NaN),
  };
  for (let at = 0; at < atMs.length; at++) {
    const worker = free.indexOf(Math.min(...free));
    const couldStart = free[worker] ?? 0;
    if (couldStart > lastStartMs) break;
    const start = Math.max(couldStart, atMs[at] ?? 0);
    runs.worker[at] = worker;
    runs.startMs[at] = start;
    free[worker] = start + serviceMs(at, start);
    runs.doneMs[at] = free[worker];
  }
  return runs;
}

/**
 * Launches of 1,000 arrivals each, with runs of 1 ms on average unless `serviceMs` says otherwise.
 */
export function served(
  rate: number,
  {
    launches = 3,
    workers = 1,
    seed = 1,
    runs = 1000,
    serviceMs = (at) => 0.8 + (at % 5) / 10,
  }: Partial<Pick<Queue, 'workers' | 'serviceMs'>> & { launches?: number; seed?: number; runs?: number } = {},
): LoadTimes[] {
  return Array.from({ length: launches }, (_, launch) => {
    const atMs = poissonArrivals({ rate, seed, launch, minMs: 0, minRuns: runs, maxRuns: runs });
    const last = atMs.at(-1) ?? 0;
    const lastStartMs = last + Math.max(1000, last / 4);
    return arrivalTimes(serve({ atMs, lastStartMs, workers, serviceMs }), { atMs, lastStartMs });
  });
}
