/** When the runs of a load begin. Times in milliseconds from its start. */
export type LoadPace =
  /** A worker that is free takes the next one, until both minima are reached or `maxRuns`. */
  | { kind: 'free'; minMs: number; minRuns: number; maxRuns: number }
  /**
   * So many runs at once, which the workers share; the next query when all of them are done. The
   * rest as above, of queries.
   */
  | { kind: 'queries'; runsPerQuery: number; minMs: number; minQueries: number; maxQueries: number }
  /** At these times, ascending, or when a worker is free; after `lastStartMs` none is begun. */
  | { kind: 'arrivals'; atMs: Float64Array; lastStartMs: number };

/**
 * A load's runs in the order in which they were taken, or of the arrivals: which worker had it, and
 * when.
 */
export interface LoadRuns {
  worker: Uint16Array;
  /** Milliseconds from the start of the load; NaN: an arrival that was never begun. */
  startMs: Float64Array;
  doneMs: Float64Array;
}

/**
 * What the workers of a load share. Memory that no run has touched is not taken from the system.
 */
export interface LoadBoard extends LoadRuns {
  /** See `cells`. */
  counts: Int32Array;
}

/** Places in `counts`. */
export const cells = {
  /** Runs taken by workers. */
  taken: 0,
  done: 1,
  /** Of queries: runs that may be taken; `closed` when no more query follows. */
  issued: 2,
  /** Turns of the warm-up: it only shows that there is progress. */
  warming: 3,
} as const;

export const closed = -1;

export function createBoard(pace: LoadPace): LoadBoard {
  const most = mostRuns(pace);
  const counts = new Int32Array(new SharedArrayBuffer(4 * Object.keys(cells).length));
  if (pace.kind === 'queries') counts[cells.issued] = pace.runsPerQuery;
  return {
    counts,
    worker: new Uint16Array(new SharedArrayBuffer(2 * most)),
    startMs: new Float64Array(new SharedArrayBuffer(8 * most)),
    doneMs: new Float64Array(new SharedArrayBuffer(8 * most)),
  };
}

/** The pace with its arrivals in memory that the workers share. */
export function sharePace(pace: LoadPace): LoadPace {
  if (pace.kind !== 'arrivals') return pace;
  const atMs = new Float64Array(new SharedArrayBuffer(8 * pace.atMs.length));
  atMs.set(pace.atMs);
  return { ...pace, atMs };
}

export function mostRuns(pace: LoadPace): number {
  if (pace.kind === 'arrivals') return pace.atMs.length;
  return pace.kind === 'free' ? pace.maxRuns : pace.maxQueries * pace.runsPerQuery;
}

/**
 * Private copies: of all arrivals, or else of the runs that were made. Between these may be some
 * that a worker took when the time was up.
 */
export function readBoard({ counts, ...runs }: LoadBoard, pace: LoadPace): LoadRuns {
  const last = Math.min(Atomics.load(counts, cells.taken), mostRuns(pace));
  // The clock of a run is past the start when it is done.
  const made = (at: number): boolean => (runs.doneMs[at] ?? 0) > 0;
  if (pace.kind === 'arrivals') {
    const time = (times: Float64Array): Float64Array =>
      Float64Array.from(times, (value, at) => (made(at) ? value : Number.NaN));
    return {
      worker: Uint16Array.from(runs.worker),
      startMs: time(runs.startMs),
      doneMs: time(runs.doneMs),
    };
  }
  return {
    worker: runs.worker.slice(0, last).filter((_, at) => made(at)),
    startMs: runs.startMs.slice(0, last).filter((_, at) => made(at)),
    doneMs: runs.doneMs.slice(0, last).filter((_, at) => made(at)),
  };
}
