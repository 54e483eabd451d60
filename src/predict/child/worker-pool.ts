import { Worker } from 'node:worker_threads';
import type { RowsDone, RowsTask, TableSetup } from './table-rows.ts';
import { toError } from './refusal.ts';
import type { BlockAnswer } from './table-worker.ts';

export interface WorkerPool {
  /** Gives a block to the worker that has the fewest. */
  predict(task: RowsTask): Promise<RowsDone & { bytes: Uint8Array<ArrayBuffer> }>;
  /** How many blocks are being worked on. */
  busy(): number;
}

/** As the main thread's, so that a model does not overflow the stack only here. */
const stackSizeMb = 8;

export function startWorkers(count: number, setup: TableSetup): WorkerPool {
  const workers = Array.from({ length: count }, () => startWorker(setup));
  return {
    busy: () => workers.reduce((sum, { waiting }) => sum + waiting.length, 0),
    predict: (task) =>
      new Promise((resolve, reject) => {
        const chosen = workers.reduce((least, one) =>
          one.waiting.length < least.waiting.length ? one : least,
        );
        chosen.waiting.push({ resolve, reject });
        const { bytes, spare } = task;
        chosen.worker.postMessage(task, [bytes.buffer, ...(spare === null ? [] : [spare])]);
      }),
  };
}

interface Waiting {
  resolve: (answer: RowsDone & { bytes: Uint8Array<ArrayBuffer> }) => void;
  reject: (error: unknown) => void;
}

/** A worker answers in the order of its tasks. */
function startWorker(setup: TableSetup): { worker: Worker; waiting: Waiting[] } {
  const waiting: Waiting[] = [];
  const worker = new Worker(workerEntry(), {
    workerData: setup,
    resourceLimits: { stackSizeMb, maxYoungGenerationSizeMb: 6 },
  });
  worker.on('message', (answer: BlockAnswer) => {
    const first = waiting.shift();
    if ('refused' in answer) first?.reject(toError(answer.refused));
    else first?.resolve(answer);
  });
  worker.on('error', (error) => {
    for (const { reject } of waiting.splice(0)) reject(error);
  });
  return { worker, waiting };
}

/** Next to this file, or next to the bundle that contains it. */
function workerEntry(): URL {
  return new URL(
    import.meta.url.endsWith('.ts') ? './table-worker.ts' : './onnx-table-worker.js',
    import.meta.url,
  );
}
