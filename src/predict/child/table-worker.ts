import { parentPort, type MessagePort, workerData } from 'node:worker_threads';
import { startRows, type RowsDone, type RowsTask, type TableRows, type TableSetup } from './table-rows.ts';
import { type Refusal, refusalOf } from './refusal.ts';

// Entry of a worker thread of a prediction: it owns a session, and takes block after block.

/** What a worker answers; it gives the buffer of its task back. */
export type BlockAnswer = (RowsDone & { bytes: Uint8Array<ArrayBuffer> }) | { refused: Refusal };

work(parentPort as MessagePort, workerData as TableSetup);

function work(port: MessagePort, setup: TableSetup): void {
  let rows: TableRows | undefined;
  // One block after the other, although messages do not wait.
  let before: Promise<void> = Promise.resolve();
  port.on('message', (task: RowsTask) => {
    before = before.then(() => answer(task));
  });

  // What is not a refusal ends the thread, and the main thread gets it as an error event.
  async function answer(task: RowsTask): Promise<void> {
    let given: BlockAnswer;
    try {
      rows ??= await startRows(setup);
      given = { ...(await rows.predict(task)), bytes: task.bytes };
    } catch (error) {
      const refused = refusalOf(error);
      if (refused === undefined) throw error;
      given = { refused };
    }
    port.postMessage(given, 'refused' in given ? [] : buffersOf(given));
  }
}

/** Moved to the main thread instead of copied. */
function buffersOf({ bytes, text, rejected }: Extract<BlockAnswer, RowsDone>): ArrayBuffer[] {
  return [bytes.buffer, rejected.text.buffer, ...(text === null ? [] : [text.buffer])];
}
