import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { isMismatch } from '../../onnx/golden/golden-set.ts';
import type { SessionChoices } from '../../runtime/child/session.ts';
import type { JobKind, RunJob } from '../../runtime/job-kind.ts';
import type { BenchAnswer } from './bench-job.ts';
import {
  cells,
  createBoard,
  readBoard,
  sharePace,
  type LoadBoard,
  type LoadPace,
  type LoadRuns,
} from './load-board.ts';
import type { LoadStart, LoadWorkerAnswers, LoadWorkerSetup } from './load-worker.ts';
import { peakRss, watchUsage } from './process-usage.ts';
import type { TimedModel } from './timed-model.ts';
import { untimed, type TimingProgress } from './timed-runs.ts';

export interface LoadJob extends TimedModel {
  session: SessionChoices;
  workers: number;
  /** Warm-up runs of each worker; null: until its latency is stable. */
  warmup: number | null;
  pace: LoadPace;
}

export interface LoadAnswer extends Omit<BenchAnswer, 'samples' | 'timedMs' | 'warmup'> {
  /** The times of session creation and first run are those of the slowest worker. */
  warmups: BenchAnswer['warmup'][];
  runs: LoadRuns;
}

/**
 * Times runs of one model in several worker threads of the child. Each thread has its own session,
 * because onnxruntime-node's run() blocks the thread that calls it. Sessions are created one after
 * another but warmed up together, as they will run. If a worker hangs, crashes or takes too much
 * memory, the whole child ends.
 */
export const loadJob: JobKind<LoadJob, TimingProgress, LoadAnswer> = { name: 'load' };

/**
 * Delay between the start signal and the first run, so that every worker has the signal by then.
 */
const leadMs = 20;
const progressMs = 100;
/**
 * The stack size of a main thread, so that a model does not overflow the stack only here. Node's
 * default for threads is half of it.
 */
const stackSizeMb = 8;

export const run: RunJob<typeof loadJob> = async (_runtime, job, report) => {
  const board = createBoard(job.pace);
  const shared = { ...job, pace: sharePace(job.pace) };
  const workers = Array.from({ length: job.workers }, (_, index) => {
    const workerData: LoadWorkerSetup = { index, job: shared, board };
    return new Worker(workerEntry(), { workerData, resourceLimits: { stackSizeMb } });
  });
  const [ready] = await Promise.all(workers.map((worker) => answer<'ready'>(worker)));
  const baseRssBytes = process.memoryUsage.rss();

  const loaded: LoadWorkerAnswers['loaded'][] = [];
  const stillWarming = (): Promise<void> => report({ phase: 'warmup', runs: 0, timedMs: 0 });
  await whileTold(board, cells.warming, stillWarming, async () => {
    for (const worker of workers) {
      loaded.push(await next<'loaded'>(worker));
      await stillWarming();
    }
  });
  const most = (name: 'createMs' | 'firstRunMs' | 'harnessFloorUs'): number =>
    Math.max(...loaded.map((one) => one[name]));
  const known = {
    onnxruntime: ready?.onnxruntime ?? '',
    createMs: most('createMs'),
    firstRunMs: most('firstRunMs'),
    harnessFloorUs: most('harnessFloorUs'),
    inputSha256: loaded[0]?.inputSha256 ?? '',
    unfetched: loaded[0]?.unfetched ?? [],
    baseRssBytes,
  };
  const [first] = workers;
  const before = loaded[0]?.golden ?? null;
  if (before !== null && isMismatch(before)) {
    const { contextSwitches, gc } = untimed;
    const golden = { before, after: null };
    return { ...known, warmups: [], runs: noRuns, peakRssBytes: peakRss(), golden, contextSwitches, gc };
  }
  const warmups = await whileTold(board, cells.warming, stillWarming, () =>
    Promise.all(workers.map((worker) => next<'warm'>(worker))),
  );

  const usage = watchUsage();
  const start: LoadStart = process.hrtime.bigint() + BigInt(leadMs * 1e6);
  const began = performance.now() + leadMs;
  const collections = await whileTold(
    board,
    cells.done,
    (runs) => report({ phase: 'timed', runs, timedMs: performance.now() - began }),
    () => Promise.all(workers.map((worker) => next<'done'>(worker, start))),
  );
  const { contextSwitches } = usage();
  const peakRssBytes = peakRss();
  const runs = readBoard(board, job.pace);
  const stillTimed = (): Promise<void> =>
    report({ phase: 'timed', runs: runs.doneMs.length, timedMs: performance.now() - began });
  const after =
    before === null || first === undefined
      ? null
      : await whileTold(board, cells.warming, stillTimed, () => next<'checked'>(first));
  return {
    ...known,
    warmups,
    runs,
    peakRssBytes,
    golden: before === null ? null : { before, after },
    contextSwitches,
    gc: {
      count: collections.reduce((sum, { count }) => sum + count, 0),
      ms: collections.reduce((sum, { ms }) => sum + ms, 0),
    },
  };
};

const noRuns = { worker: new Uint16Array(), startMs: new Float64Array(), doneMs: new Float64Array() };

/** Next to this file, or next to the bundle that contains it. */
function workerEntry(): URL {
  return new URL(
    import.meta.url.endsWith('.ts') ? './load-worker.ts' : './onnx-load-worker.js',
    import.meta.url,
  );
}

/** The worker's next answer. Rejects with whatever the worker threw. */
async function answer<Step extends keyof LoadWorkerAnswers>(
  worker: Worker,
): Promise<LoadWorkerAnswers[Step]> {
  const [value] = (await once(worker, 'message')) as [LoadWorkerAnswers[Step]];
  return value;
}

function next<Step extends keyof LoadWorkerAnswers>(
  worker: Worker,
  word: LoadStart | null = null,
): Promise<LoadWorkerAnswers[Step]> {
  const answered = answer<Step>(worker);
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread is no window
  worker.postMessage(word);
  return answered;
}

/**
 * Reports progress from time to time, but only while the workers make progress: silence must mean
 * that one hangs.
 */
async function whileTold<Value>(
  { counts }: LoadBoard,
  cell: number,
  tell: (count: number) => Promise<void>,
  work: () => Promise<Value>,
): Promise<Value> {
  let told = 0;
  const timer = setInterval(() => {
    const count = Atomics.load(counts, cell);
    if (count === told) return;
    told = count;
    void tell(count);
  }, progressMs);
  try {
    return await work();
  } finally {
    clearInterval(timer);
  }
}
