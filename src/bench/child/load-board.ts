/** When the runs of a load begin. Times are milliseconds from its start. */
export type LoadPace =
  /** A free worker takes the next run, until both minima or `maxRuns` is reached. */
  | { kind: 'free'; minMs: number; minRuns: number; maxRuns: number }
  /**
   * Workers share the `runsPerQuery` runs of a query; the next query starts when all of them are
   * done. The limits work as in `free`, but count queries.
   */
  | { kind: 'queries'; runsPerQuery: number; minMs: number; minQueries: number; maxQueries: number }
  /**
   * A run starts at each of these ascending times, or as soon as a worker is free. No run starts
   * after `lastStartMs`.
   */
  | { kind: 'arrivals'; atMs: Float64Array; lastStartMs: number };

/**
 * The runs of a load: which worker made each one, and when. In the order of the arrivals if there
 * is a schedule, else in the order in which workers took them.
 */
export interface LoadRuns {
  worker: Uint16Array;
  /** Milliseconds from the start of the load; NaN for an arrival that never started. */
  startMs: Float64Array;
  doneMs: Float64Array;
}

/**
 * Memory that the workers of a load share. The system allocates a page only when a run writes to
 * it.
 */
export interface LoadBoard extends LoadRuns {
  /** See `cells`. */
  counts: Int32Array;
}

/** Indexes in `counts`. */
export const cells = {
  /** Runs taken by workers. */
  taken: 0,
  done: 1,
  /** With queries: the number of runs that workers may take; `closed` after the last query. */
  issued: 2,
  /** Steps of the warm-up, only to show progress. */
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

/** The pace, with its arrivals in shared memory. */
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
 * Private copies of all arrivals, or without a schedule of the runs that were made. Runs that a
 * worker took but did not start because time was up may lie between them.
 */
export function readBoard({ counts, ...runs }: LoadBoard, pace: LoadPace): LoadRuns {
  const last = Math.min(Atomics.load(counts, cells.taken), mostRuns(pace));
  // A finished run has a `doneMs` above 0.
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
