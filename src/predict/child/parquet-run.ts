import type { OnMissing } from '../../data/cell-types.ts';
import type { ParquetTable, RowRange } from '../../data/parquet/parquet-table.ts';
import { type RejectedValue, rowReader } from '../../data/parquet/row-reader.ts';
import { keepValues } from '../../data/row-batch.ts';
import { streamRows } from '../../data/parquet/stream-rows.ts';
import type { CollectedBlock } from '../collected-rows.ts';
import type { RowOutput } from './row-model.ts';
import { type CollectSink, collectSink } from './row-sinks.ts';
import { mostFailedFirst, placesThatRan } from './run-rows.ts';
import type { Ran, Runs, StagedRows } from './staged-rows.ts';

/** A table, and what its rows go through. */
export interface ParquetRun {
  table: ParquetTable;
  /** The rows to predict. */
  range: RowRange;
  staged: StagedRows;
  /** Does runs with the model. */
  answer<Result>(runs: Runs<Result>): Promise<Result>;
  onMissing: OnMissing;
  /** Whether rows that cannot be predicted are set aside; if not, `onRejected` throws. */
  leavesOut: boolean;
  onRejected(rows: readonly RejectedValue[]): void;
  /** How many rows of the range were read. */
  onRead(rows: number): void;
}

export type Output = Pick<RowOutput, 'name' | 'dtype' | 'width' | 'classes'>;

/** How rows come, and go to the parent. */
export interface BlockSize {
  /** The most rows of a batch. */
  batchRows: number;
  /** Rows of a block, at least, except the last. */
  blockRows: number;
}

export type Take = (block: CollectedBlock) => Promise<void>;

/**
 * What the model gives for the first row of the table that it can take, so that all parts have the
 * same columns; null if there is none.
 */
export async function sampleOutputs(run: ParquetRun): Promise<Output[] | null> {
  const { table, staged, onMissing } = run;
  const columns = columnsOf(staged);
  const reader = rowReader(table, columns, staged.targets, onMissing);
  let outputs: Output[] | null = null;
  let tried = 0;
  await streamRows(table, columns, { from: 0, to: table.rows }, async (chunk, first) => {
    const { kept } = reader.read((at) => chunk.getColumnVector(at), chunk.rowCount, first);
    if (kept > 0) outputs = await run.answer(staged.sample(kept));
    tried += kept;
    return outputs !== null || tried >= mostFailedFirst ? 'enough' : 'more';
  });
  return outputs;
}

/** The columns that the targets read, in the order of the file. */
export function columnsOf({ targets }: Pick<StagedRows, 'targets'>): number[] {
  return [...new Set(targets.map(({ column }) => column))].sort((one, other) => one - other);
}

/** Gathers predictions, with the text of some columns, and hands them on block by block. */
export function collectBlocks(columns: readonly number[], { batchRows, blockRows }: BlockSize, take: Take) {
  const sink: CollectSink = collectSink(batchRows, columns);
  let rejectedAt: number[] = [];
  let waiting = 0;
  let sent = Promise.resolve();
  /** Blocks that have not left this process. */
  let leaving = 0;
  const send = (): void => {
    const { collected } = sink.end();
    if (waiting + rejectedAt.length > 0 && collected !== null) {
      leaving++;
      const left = take({ ...collected, rejectedAt: Int32Array.from(rejectedAt) }).finally(() => leaving--);
      sent = Promise.all([sent, left]).then(() => undefined);
    }
    // Awaited at the end, or by a caller that can wait.
    sent.catch(() => undefined);
    sink.begin(none);
    waiting = 0;
    rejectedAt = [];
  };
  sink.begin(none);
  return {
    targets: sink.targets,
    /** Takes the first rows that the targets hold, except those that failed. */
    add(rows: number, { outputs, failed }: Ran): void {
      const count = rows - failed.length;
      if (outputs.length === 0) return;
      if (failed.length > 0) {
        const places = placesThatRan(rows, failed);
        for (const target of sink.targets) keepValues(target, places);
      }
      sink.add({ count }, outputs);
      waiting += count;
      if (waiting >= blockRows) send();
    },
    reject(rows: readonly RejectedValue[]): void {
      for (const { row } of rows) rejectedAt.push(row - 1);
    },
    /**
     * For a caller that cannot await: pauses this thread, the longer, the more blocks pile up. They
     * leave between its calls, as fast as the parent takes them.
     */
    slowDown(): void {
      const many = leaving - usualBlocks;
      if (many > 0) Atomics.wait(pause, 0, 0, many);
    },
    /** Resolves when all blocks are taken that are full. */
    taken: (): Promise<void> => sent,
    end(): Promise<void> {
      send();
      return sent;
    },
  };
}

const none = Buffer.alloc(0);
/** Blocks that may wait for the parent before the model is slowed down. */
const usualBlocks = 4;
/** Nobody wakes it. */
const pause = new Int32Array(new SharedArrayBuffer(4));
