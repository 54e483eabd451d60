import { once } from 'node:events';
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import type { GoldenCaseResult } from '../../onnx/golden/golden-set.ts';
import { loadRuntime, versionOf, releaseOutputs } from '../../runtime/child/session.ts';
import type { BenchAnswer } from './bench-job.ts';
import { type LoadBoard, cells } from './load-board.ts';
import type { LoadJob } from './load-job.ts';
import { clockSince, createPacer, waitUntil } from './load-pacer.ts';
import { watchUsage } from './process-usage.ts';
import { loadTimedModel } from './timed-model.ts';
import { measureFloorUs, warmUp } from './timed-runs.ts';

// Entry of a worker thread of a load. It owns one session and runs it when the pace says so.

export interface LoadWorkerSetup {
  /** Counts from 0. */
  index: number;
  job: LoadJob;
  board: LoadBoard;
}

/**
 * What a worker answers after each step. It then waits for the signal to go on, which carries a
 * value only before the last step.
 */
export interface LoadWorkerAnswers {
  ready: { onnxruntime: string };
  loaded: Pick<BenchAnswer, 'createMs' | 'firstRunMs' | 'inputSha256' | 'unfetched' | 'harnessFloorUs'> & {
    /**
     * Results of the golden set, which only the first worker checks; null for other workers or
     * without a golden set.
     */
    golden: GoldenCaseResult[] | null;
  };
  warm: BenchAnswer['warmup'];
  done: BenchAnswer['gc'];
  /** Like `golden` in `loaded`, but checked after the load. */
  checked: GoldenCaseResult[] | null;
}

/** The start of the load, a reading of process.hrtime.bigint(). */
export type LoadStart = bigint;

// If a worker fails, the main thread gets an error event with whatever was thrown.
await work(parentPort as MessagePort, workerData as LoadWorkerSetup);

async function work(port: MessagePort, { index, job, board }: LoadWorkerSetup): Promise<void> {
  const answer = async (value: LoadWorkerAnswers[keyof LoadWorkerAnswers]): Promise<unknown> => {
    const word = once(port, 'message');
    port.postMessage(value);
    const [next] = (await word) as unknown[];
    return next;
  };
  const runtime = await loadRuntime();
  await answer({ onnxruntime: versionOf(runtime) } satisfies LoadWorkerAnswers['ready']);

  const harnessFloorUs = await measureFloorUs();
  const { run, goTo, cases, checkGolden, ...loaded } = await loadTimedModel(runtime, job, job.session);
  const { createMs, firstRunMs, inputSha256, unfetched } = loaded;
  const showProgress = (): Promise<void> => {
    Atomics.add(board.counts, cells.warming, 1);
    return Promise.resolve();
  };
  // All sessions have the same bytes and options, so checking one against the golden set is enough.
  const golden = index === 0 ? await checkGolden(showProgress) : null;
  await answer({
    createMs,
    firstRunMs,
    inputSha256,
    unfetched,
    harnessFloorUs,
    golden,
  } satisfies LoadWorkerAnswers['loaded']);

  const warmup = await warmUp(run, job.warmup, showProgress, cases);
  const start = (await answer(warmup satisfies LoadWorkerAnswers['warm'])) as LoadStart;

  const now = clockSince(start);
  const { awaitTurn, ranOne } = createPacer(job.pace, board, now);
  const usage = watchUsage();
  waitUntil(now, 0);
  for (;;) {
    const at = Atomics.add(board.counts, cells.taken, 1);
    if (!awaitTurn(at)) break;
    goTo(at);
    const began = now();
    const outputs = await run();
    board.doneMs[at] = now();
    board.startMs[at] = began;
    board.worker[at] = index;
    ranOne();
    await releaseOutputs(outputs);
  }
  const collected = usage().gc satisfies LoadWorkerAnswers['done'];
  if (golden === null) {
    port.postMessage(collected);
    return;
  }
  // When this signal arrives, all workers are done.
  await answer(collected);
  port.postMessage((await checkGolden(showProgress)) satisfies LoadWorkerAnswers['checked']);
}
