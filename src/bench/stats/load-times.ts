import type { LoadRuns } from '../child/load-board.ts';

/** What one launch of a load measured. Milliseconds. */
export interface LoadTimes {
  /**
   * From when each arrival was due, or each query issued, until it was done; empty where neither
   * was.
   */
  responseMs: Float64Array;
  /** Of each run that was made, by itself. */
  serviceMs: Float64Array;
  /** From when a run was due and its worker free until it began. Empty where nothing is due. */
  lagMs: Float64Array;
  /** Mean of the time that a run kept its worker from the next one: service and lag. */
  occupancyMs: number;
  /** Runs that were to be made. */
  scheduled: number;
  /** Were due and not begun when the last one became due. */
  waitingAtEnd: number;
  wallMs: number;
}

/**
 * The samples that there are from `runs` alone: of clients that send the next run when the last is
 * done.
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
 * The same of queries of `runsPerQuery`: a query is issued when the one before is done, and done
 * with the last of its runs.
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
 * The same of a schedule of arrivals. One that was never begun counts as done when the last could
 * have begun: it would have been later, and left out it would make an overloaded model look fast
 * (wrk2 calls that coordinated omission).
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
    // Not a number fails the comparison.
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

/** As far as the clock goes. */
function toNanosecond(ms: number): number {
  return Math.round(ms * 1e6) / 1e6;
}
