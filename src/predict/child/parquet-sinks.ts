import type { OnMissing } from '../../data/cell-types.ts';
import { type CopiedColumn, copyWithOutputs } from '../../data/parquet/copy-with-outputs.ts';
import type { ParquetTable, RowRange } from '../../data/parquet/parquet-table.ts';
import { leaveOut, type RejectedValue, rowReader } from '../../data/parquet/row-reader.ts';
import { keepValues } from '../../data/row-batch.ts';
import { streamRows } from '../../data/parquet/stream-rows.ts';
import type { CollectedBlock } from '../collected-rows.ts';
import { findColumn, findColumns, headerOf } from '../column-choice.ts';
import { outputColumns, type OutputWidth, selectColumns } from '../outputs.ts';
import type { RowOutput } from './row-model.ts';
import { type FailedRow, mostFailedFirst, placesThatRan } from './run-rows.ts';
import { type CollectSink, collectSink } from './row-sinks.ts';
import type { StagedRows } from './staged-rows.ts';
import type { TableTarget } from './table-job.ts';

/** A table, and what its rows go through. */
export interface ParquetRun {
  table: ParquetTable;
  /** The rows to predict. */
  range: RowRange;
  staged: StagedRows;
  onMissing: OnMissing;
  /** Whether rows that cannot be predicted are set aside; if not, `onRejected` throws. */
  leavesOut: boolean;
  onRejected(rows: readonly RejectedValue[]): void;
  /** How many rows of the range were read. */
  onRead(rows: number): void;
}

type Output = Pick<RowOutput, 'name' | 'dtype' | 'width' | 'classes'>;

/** How rows come, and go to the parent. */
export interface BlockSize {
  /** The most rows of a batch. */
  batchRows: number;
  /** Rows of a block, at least, except the last. */
  blockRows: number;
}

type Take = (block: CollectedBlock) => Promise<void>;

/**
 * Writes the table with columns for the outputs, and hands on what is kept of them. `declared`:
 * outputs to add if no row can be predicted.
 */
export async function appendToParquet(
  run: ParquetRun,
  { output, select, keep }: Extract<TableTarget, { kind: 'append' }>,
  declared: readonly Output[],
  size: BlockSize,
  take: Take,
): Promise<OutputWidth[]> {
  const { table, range, staged, onMissing, leavesOut } = run;
  const header = table.columns.map(({ name }) => name);
  const outputs = (await sampleOutputs(run)) ?? declared;
  const columns = outputColumns(outputs, header);
  const selected = selectColumns(header, outputs, columns, select ?? undefined);
  const key = keep === null ? null : findColumn(headerOf(header), keep, '--key');
  const kept = key === null ? null : collectBlocks([key], size, take);
  await copyWithOutputs(
    {
      table,
      targets: [...staged.targets, ...(kept?.targets ?? [])],
      onMissing,
      fields: columns.map(({ name, output: at }) => ({ name, dtype: outputs[at]?.dtype ?? 'float32' })),
      columns: selected.map((column): CopiedColumn =>
        'input' in column ? column : { field: column.output },
      ),
      range,
      target: output.descriptor,
      targetName: output.what,
      leavesOut,
    },
    {
      compute(rows) {
        const { outputs: given, failed } = staged.run(rows);
        kept?.add(rows, given, failed);
        kept?.slowDown();
        if (given.length === 0) return { values: [], failed };
        const values = columns.map(({ output: at, index }) => {
          const { data, width } = given[at] as RowOutput;
          return { data, offset: index, stride: width };
        });
        return { values, failed };
      },
      onRejected: (rows) => run.onRejected(rows),
      onProgress: (rows) => run.onRead(rows),
    },
  );
  await kept?.end();
  return outputs.map(({ name, width, classes }) => ({ name, width, classes }));
}

/** Gathers predictions, with the text of some columns, and hands them on block by block. */
function collectBlocks(columns: readonly number[], { batchRows, blockRows }: BlockSize, take: Take) {
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
    add(rows: number, outputs: readonly RowOutput[], failed: readonly FailedRow[]): void {
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

/**
 * What the model gives for the first row of the table that it can take, so that all parts have the
 * same columns; null if there is none.
 */
async function sampleOutputs({ table, staged, onMissing }: ParquetRun): Promise<Output[] | null> {
  const columns = columnsOf(staged);
  const reader = rowReader(table, columns, staged.targets, onMissing);
  let outputs: Output[] | null = null;
  let tried = 0;
  await streamRows(table, columns, { from: 0, to: table.rows }, (chunk, first) => {
    const { kept } = reader.read((at) => chunk.getColumnVector(at), chunk.rowCount, first);
    if (kept > 0) outputs = staged.sample(kept);
    tried += kept;
    return Promise.resolve(outputs !== null || tried >= mostFailedFirst ? 'enough' : 'more');
  });
  return outputs;
}

/** The columns that the targets read, in the order of the file. */
function columnsOf({ targets }: Pick<StagedRows, 'targets'>): number[] {
  return [...new Set(targets.map(({ column }) => column))].sort((one, other) => one - other);
}

/** Predicts the rows, and hands on the outputs with the text of some columns, block by block. */
export async function collectFromParquet(
  run: ParquetRun,
  { cells }: Extract<TableTarget, { kind: 'collect' }>,
  size: BlockSize,
  take: Take,
): Promise<OutputWidth[] | null> {
  const { table, range, staged, onMissing } = run;
  const header = headerOf(table.columns.map(({ name }) => name));
  const positions = cells.flatMap(({ column, flag }) => findColumns(header, [{ name: column }], flag));
  const blocks = collectBlocks(positions, size, take);
  const targets = [...staged.targets, ...blocks.targets];
  const columns = columnsOf({ targets });
  const reader = rowReader(table, columns, targets, onMissing);
  let outputs: OutputWidth[] | null = null;
  await streamRows(table, columns, range, async (chunk, first) => {
    const count = chunk.rowCount;
    const read = reader.read((at) => chunk.getColumnVector(at), count, first);
    const { outputs: given, failed } = read.kept > 0 ? staged.run(read.kept) : { outputs: [], failed: [] };
    const { rejected } = leaveOut(read, failed, first);
    if (rejected.length > 0) run.onRejected(rejected);
    blocks.reject(rejected);
    if (given.length > 0) {
      outputs ??= given.map(({ name, width }) => ({ name, width }));
      blocks.add(read.kept, given, failed);
    }
    run.onRead(first + count - range.from);
    await blocks.taken();
    return 'more';
  });
  await blocks.end();
  return outputs;
}

const none = Buffer.alloc(0);
/** Blocks that may wait for the parent before the model is slowed down. */
const usualBlocks = 4;
/** Nobody wakes it. */
const pause = new Int32Array(new SharedArrayBuffer(4));
