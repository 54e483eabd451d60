import { once } from 'node:events';
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import type { GoldenCaseResult } from '../../onnx/golden/golden-result.ts';
import { loadRuntime, versionOf } from '../../runtime/child/load-runtime.ts';
import { releaseOutputs } from '../../runtime/child/release-outputs.ts';
import type { BenchAnswer } from './bench-job.ts';
import { type LoadBoard, cells } from './load-board.ts';
import type { LoadJob } from './load-job.ts';
import { clockSince, createPacer, waitUntil } from './load-pacer.ts';
import { watchUsage } from './process-usage.ts';
import { loadTimedModel } from './timed-model.ts';
import { measureFloorUs, warmUp } from './timed-runs.ts';

// Entry of a worker thread of a load: it owns one session, and runs whenever the pace has it.

export interface LoadWorkerSetup {
  /** From 0. */
  index: number;
  job: LoadJob;
  board: LoadBoard;
}

/**
 * What a worker answers after each step. It then waits for the word to go on, which is a value only
 * before the last step.
 */
export interface LoadWorkerAnswers {
  ready: { onnxruntime: string };
  loaded: Pick<BenchAnswer, 'createMs' | 'firstRunMs' | 'inputSha256' | 'unfetched' | 'harnessFloorUs'> & {
    /**
     * Of the first worker, which holds its session to the golden set; null: there is none, or it is
     * another worker.
     */
    golden: GoldenCaseResult[] | null;
  };
  warm: BenchAnswer['warmup'];
  done: BenchAnswer['gc'];
  /** Of the first worker: as `golden` in `loaded`, after the load. */
  checked: GoldenCaseResult[] | null;
}

/** The start of the load, a reading of process.hrtime.bigint(). */
export type LoadStart = bigint;

// A worker that is to blame shows as an error of this thread, with what was thrown.
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
  // All sessions are of the same bytes and options: one of them is held to the golden set.
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
  // All are done when the word to go on comes.
  await answer(collected);
  port.postMessage((await checkGolden(showProgress)) satisfies LoadWorkerAnswers['checked']);
}
