import type { CellTarget } from '../../data/cell-types.ts';
import { type FeedData } from '../../onnx/feeds/feed-dtypes.ts';
import { float16Bits } from '../../onnx/tensors/half-floats.ts';
import { joinData } from '../collected-rows.ts';
import type { OutputWidth } from '../outputs.ts';
import type { BlockingModel } from './blocking-model.ts';
import { type RowOutput, sameOutputs } from './row-model.ts';
import { type FailedRow, mostFailedFirst } from './run-rows.ts';

/** Rows that wait for the model, more than it may take at a time. */
export interface StagedRows {
  /** Where the values of the inputs go. */
  targets: CellTarget[];
  /** Runs the model on the first `rows` rows, as often as it takes; `failed` as of `runRows`. */
  run(rows: number): { outputs: RowOutput[]; failed: FailedRow[] };
  /** What it gives for one of the first `rows` rows, which does not count; null: it fails on each. */
  sample(rows: number): RowOutput[] | null;
}

export interface Staging {
  batch: number;
  /** The most rows. */
  capacity: number;
  /** Whether rows that the model fails on are set aside; if not, the first one is enough. */
  setsAside: boolean;
  /** Is told after each run, with the number of rows that it predicted. */
  onRun: (rows: number) => void;
}

export function stageRows(model: BlockingModel, { batch, capacity, setsAside, onRun }: Staging): StagedRows {
  const isDirect = batch >= capacity;
  const staged = model.feeds.map(({ input, data }) =>
    isDirect ? data : allocate(input.dtype === 'string', data, capacity * input.columns.length),
  );
  let before: OutputWidth[] | null = null;
  let predicted = 0;
  const runSome = (from: number, count: number, mostFailed: number) => {
    if (!isDirect || from > 0)
      model.feeds.forEach(({ input: { columns }, data }, at) => {
        const [start, end] = [from * columns.length, (from + count) * columns.length];
        const rows = staged[at] as FeedData;
        if (Array.isArray(data)) data.splice(0, end - start, ...(rows.slice(start, end) as string[]));
        else (data as Float32Array).set((rows as Float32Array).subarray(start, end));
      });
    const { outputs, failed } = model.run(count, mostFailed);
    if (outputs.length > 0) before = sameOutputs(before, outputs);
    return { outputs, failed };
  };
  const runCounted = (from: number, count: number) => {
    const mostFailed = setsAside ? (predicted === 0 ? mostFailedFirst : Infinity) : 1;
    const { outputs, failed } = runSome(from, count, mostFailed);
    const done = outputs.length === 0 ? 0 : count - failed.length;
    predicted += done;
    onRun(done);
    return { outputs, failed: failed.map(({ place, reason }) => ({ place: from + place, reason })) };
  };
  return {
    targets: model.feeds.flatMap(({ input: { columns, dtype } }, at) =>
      columns.map((column, offset): CellTarget => ({
        column,
        type: dtype,
        into: staged[at] as FeedData,
        offset,
        stride: columns.length,
        toBits: float16Bits,
      })),
    ),
    sample(rows) {
      for (let row = 0; row < Math.min(rows, mostFailedFirst); row++) {
        const { outputs } = runSome(row, 1, 1);
        if (outputs.length > 0) return outputs;
      }
      return null;
    },
    run(rows) {
      if (rows <= batch) return runCounted(0, rows);
      const parts: RowOutput[][] = [];
      const allFailed: FailedRow[] = [];
      for (let from = 0; from < rows; from += batch) {
        const { outputs, failed } = runCounted(from, Math.min(batch, rows - from));
        if (outputs.length > 0) parts.push(outputs);
        allFailed.push(...failed);
        if (!setsAside && failed.length > 0) break;
      }
      const outputs = (parts[0] ?? []).map((output, at) => ({
        ...output,
        data: joinData(parts.map((part) => part[at]?.data ?? [])),
      }));
      return { outputs, failed: allFailed };
    },
  };
}

function allocate(isText: boolean, like: FeedData, count: number): FeedData {
  if (isText || Array.isArray(like)) return Array.from({ length: count }, () => '');
  return new (like.constructor as Float32ArrayConstructor)(count);
}
