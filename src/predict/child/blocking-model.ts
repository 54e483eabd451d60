import { MessageChannel, receiveMessageOnPort, type ResourceLimits, Worker } from 'node:worker_threads';
import { allocateData, type FeedData } from '../../onnx/feeds/feed-dtypes.ts';
import type { BoundInput } from '../columns/binding.ts';
import type { BlockingSetup, RunAnswer, RunRequest } from './model-worker.ts';
import { toError } from './refusal.ts';
import type { RowModelSetup, RowOutput } from './row-model.ts';
import type { FailedRow } from './run-rows.ts';

/** A model that runs while the caller waits, which must not block anything that the model needs. */
export interface BlockingModel {
  onnxruntime(): string;
  feeds: readonly { input: BoundInput; data: FeedData }[];
  /** As `runRows` of the first `rows` rows. The outputs are the caller's. */
  run(rows: number, mostFailed: number): { outputs: RowOutput[]; failed: FailedRow[] };
}

/** As the main thread's, so that a model does not overflow the stack only here. */
const stackSizeMb = 8;

/** How often a caller that waits looks whether the model runs. */
const lookMs = 1000;

/**
 * The program of a thread that does nothing but hear of the end of the other one: the caller waits
 * and hears nothing. As text, so that the bundle needs no file for it.
 */
const supervisor = `
const { Worker, workerData: { entry, answers, port, options } } = require('node:worker_threads');
const { port: model } = options.workerData;
const worker = new Worker(new URL(entry), { ...options, transferList: [model] });
let reason;
worker.on('error', (error) => (reason = error.code ? error.code + ' ' + error.message : error.message));
worker.on('exit', (code) => {
  port.postMessage(reason ?? 'exit code ' + code);
  Atomics.store(answers, 2, 1);
  Atomics.add(answers, 0, 1);
  Atomics.notify(answers, 0);
});
`;

/**
 * Opens a model in a thread of its own. ONNX Runtime for Node.js only answers asynchronously, and a
 * function that DuckDB calls must answer at once. `onAlive` is called while one call takes many runs.
 * `limits`: of the thread, beside its own.
 */
export function openBlockingModel(
  setup: RowModelSetup,
  onAlive: () => void,
  limits: ResourceLimits = {},
): BlockingModel {
  const answers = new Int32Array(new SharedArrayBuffer(12));
  const feeds = setup.inputs.map((input) => ({ input, data: sharedData(input, setup.batch) }));
  const shared = feeds.map(({ data }) => (Array.isArray(data) ? null : data));
  const { port1: port, port2 } = new MessageChannel();
  const ends = new MessageChannel();
  const worker = new Worker(supervisor, {
    eval: true,
    workerData: {
      entry: workerEntry().href,
      answers,
      port: ends.port2,
      options: {
        workerData: { port: port2, setup: { ...setup, answers, shared } satisfies BlockingSetup },
        // Its garbage is little, and a nursery of the usual size takes 30 MB.
        resourceLimits: { stackSizeMb, maxYoungGenerationSizeMb: 6, ...limits },
      },
    },
    transferList: [port2, ends.port2],
    resourceLimits: { maxOldGenerationSizeMb: 32, maxYoungGenerationSizeMb: 1 },
  });
  // The thread waits for work as long as this process lives.
  worker.unref();
  let onnxruntime = '';
  let ended: string | undefined;
  return {
    onnxruntime: () => onnxruntime,
    feeds,
    run(rows, mostFailed) {
      const before = Atomics.load(answers, 0);
      const strings = feeds.map(({ input, data }) =>
        Array.isArray(data) ? data.slice(0, rows * input.columns.length) : null,
      );
      port.postMessage({ rows, strings, mostFailed } satisfies RunRequest);
      for (let runs = Atomics.load(answers, 1); ;) {
        if (Atomics.load(answers, 2) !== 0) break;
        if (Atomics.wait(answers, 0, before, lookMs) !== 'timed-out') break;
        if (Atomics.load(answers, 1) === runs) continue;
        runs = Atomics.load(answers, 1);
        onAlive();
      }
      const answer = receiveMessageOnPort(port)?.message as RunAnswer | undefined;
      if (answer === undefined) {
        ended ??= receiveMessageOnPort(ends.port1)?.message as string | undefined;
        throw new Error(`the thread of the model ended: ${ended ?? 'without a reason'}`);
      }
      if ('refused' in answer) throw toError(answer.refused);
      if ('broke' in answer) throw new Error(answer.broke);
      onnxruntime = answer.onnxruntime;
      const { outputs, failed } = answer;
      return { outputs, failed };
    },
  };
}

function sharedData({ dtype, columns }: BoundInput, batch: number): FeedData {
  const count = batch * columns.length;
  if (dtype === 'string') return Array.from({ length: count }, () => '');
  // An empty one tells the type.
  const empty = allocateData(dtype, 0) as Float32Array;
  const bytes = new SharedArrayBuffer(count * empty.BYTES_PER_ELEMENT);
  return new (empty.constructor as Float32ArrayConstructor)(bytes);
}

/** Next to this file, or next to the bundle that contains it. */
function workerEntry(): URL {
  return new URL(
    import.meta.url.endsWith('.ts') ? './model-worker.ts' : './onnx-model-worker.js',
    import.meta.url,
  );
}
