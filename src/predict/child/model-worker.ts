import type { ElementArray } from '../../core/element-types.ts';
import { type MessagePort, workerData } from 'node:worker_threads';
import type { FeedData } from '../../onnx/feeds/feed-dtypes.ts';
import { type Refusal, refusalOf } from './refusal.ts';
import { openRowModel, type RowModel, type RowModelSetup, type RowOutput } from './row-model.ts';
import { type FailedRow, runRows } from './run-rows.ts';

/** What the thread must know. */
export interface BlockingSetup extends RowModelSetup {
  /** Counts answers, and runs of the model; the third is 1 once the thread has ended. */
  answers: Int32Array<SharedArrayBuffer>;
  /** Of each input the shared values; null: strings, which come with each request. */
  shared: readonly (FeedData | null)[];
}

export interface RunRequest {
  rows: number;
  /** Of each input that takes strings. */
  strings: readonly (readonly string[] | null)[];
  /** As of `runRows`. */
  mostFailed: number;
}

export type RunAnswer =
  | { onnxruntime: string; outputs: RowOutput[]; failed: FailedRow[] }
  | { refused: Refusal }
  | { broke: string };

// Entry of the thread that runs a model for a thread that waits for it.

const { port, setup } = workerData as { port: MessagePort; setup: BlockingSetup };
let model: RowModel | undefined;
port.on('message', (request: RunRequest) => void answer(request));

/** Always answers: nobody would hear of an error, since the other thread is blocked. */
async function answer(request: RunRequest): Promise<void> {
  let given: RunAnswer;
  try {
    model ??= await openRowModel(setup);
    given = { onnxruntime: model.onnxruntime, ...(await run(model, request)) };
  } catch (error) {
    const refused = refusalOf(error);
    given =
      refused === undefined ? { broke: error instanceof Error ? error.message : String(error) } : { refused };
  }
  port.postMessage(given);
  Atomics.add(setup.answers, 0, 1);
  Atomics.notify(setup.answers, 0);
}

async function run(of: RowModel, { rows, strings, mostFailed }: RunRequest) {
  of.feeds.forEach(({ input: { columns }, data }, at) => {
    const count = rows * columns.length;
    const shared = setup.shared[at];
    // ONNX Runtime takes no shared memory.
    if (!Array.isArray(data)) (data as Float32Array).set((shared as Float32Array).subarray(0, count));
    else for (let index = 0; index < count; index++) data[index] = strings[at]?.[index] ?? '';
  });
  const onRun = (): void => void Atomics.add(setup.answers, 1, 1);
  const { outputs, failed, release } = await runRows(of, rows, { mostFailed, onRun });
  const copies = outputs.map((output) => ({
    ...output,
    data: output.data.slice(0, (rows - failed.length) * output.width) as ElementArray,
  }));
  await release();
  return { outputs: copies, failed };
}
