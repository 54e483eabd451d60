import type { LoadRuns } from '../child/load-board.ts';

/** What one launch of a load measured. Milliseconds. */
export interface LoadTimes {
  /**
   * From when each arrival was due, or each query issued, until it was done; empty without arrivals
   * or queries.
   */
  responseMs: Float64Array;
  /** Of each run that was made, without waiting. */
  serviceMs: Float64Array;
  /**
   * From when a run was due and its worker free until it started. Empty if no run has a due time.
   */
  lagMs: Float64Array;
  /** Mean time for which a run kept its worker from the next one: service and lag. */
  occupancyMs: number;
  /** Planned runs. */
  scheduled: number;
  /** Runs that were due but not started when the last one became due. */
  waitingAtEnd: number;
  wallMs: number;
}

/**
 * The times of clients that send the next run when the last one is done: they follow from `runs`
 * alone.
 */
export function closedTimes(runs: LoadRuns): LoadTimes {
  const serviceMs = serviceTimes(runs);
  return {
    responseMs: none,
    serviceMs,
    lagMs: none,
    occupancyMs: meanOf(serviceMs),
    scheduled: serviceMs.length,
    waitingAtEnd: 0,
    wallMs: latest(runs),
  };
}

/**
 * The same for queries of `runsPerQuery` runs: a query is issued when the previous one is done, and
 * is done when its last run is.
 */
export function queryTimes(runs: LoadRuns, runsPerQuery: number): LoadTimes {
  const responseMs = new Float64Array(Math.floor(runs.doneMs.length / runsPerQuery));
  let issued = 0;
  for (let query = 0; query < responseMs.length; query++) {
    const done = runs.doneMs
      .subarray(query * runsPerQuery, (query + 1) * runsPerQuery)
      .reduce((last, time) => Math.max(last, time));
    responseMs[query] = toNanosecond(done - issued);
    issued = done;
  }
  return { ...closedTimes(runs), responseMs };
}

/**
 * The same for a schedule of arrivals. An arrival that never started counts as done when the last
 * one could have started. Its real time would be longer, but leaving it out would make an
 * overloaded model look fast (wrk2 calls that coordinated omission).
 */
export function arrivalTimes(
  runs: LoadRuns,
  { atMs, lastStartMs }: { atMs: Float64Array; lastStartMs: number },
): LoadTimes {
  const lagMs: number[] = [];
  const freeMs = new Map<number, number>();
  const lastDue = atMs.at(-1) ?? 0;
  let waitingAtEnd = 0;
  let occupied = 0;
  const responseMs = atMs.map((due, at) => {
    const start = runs.startMs[at] ?? Number.NaN;
    const done = runs.doneMs[at] ?? Number.NaN;
    // NaN fails the comparison.
    if (!(start <= lastDue) && due < lastDue) waitingAtEnd++;
    if (Number.isNaN(done)) return toNanosecond(Math.max(0, lastStartMs - due));
    const worker = runs.worker[at] ?? 0;
    const couldBegin = Math.max(due, freeMs.get(worker) ?? 0);
    lagMs.push(toNanosecond(Math.max(0, start - couldBegin)));
    occupied += done - couldBegin;
    freeMs.set(worker, done);
    return toNanosecond(done - due);
  });
  const serviceMs = serviceTimes(runs);
  return {
    responseMs,
    serviceMs,
    lagMs: Float64Array.from(lagMs),
    occupancyMs: occupied / serviceMs.length,
    scheduled: atMs.length,
    waitingAtEnd,
    wallMs: Math.max(lastDue, latest(runs)),
  };
}

const none = new Float64Array();

function serviceTimes({ startMs, doneMs }: LoadRuns): Float64Array {
  return doneMs
    .map((done, at) => toNanosecond(done - (startMs[at] ?? Number.NaN)))
    .filter((time) => !Number.isNaN(time));
}

function latest({ doneMs }: LoadRuns): number {
  return doneMs.reduce((last, time) => (time > last ? time : last), 0);
}

function meanOf(times: Float64Array): number {
  return times.reduce((sum, time) => sum + time, 0) / times.length;
}

/** Rounds to the resolution of the clock. */
function toNanosecond(ms: number): number {
  return Math.round(ms * 1e6) / 1e6;
}
