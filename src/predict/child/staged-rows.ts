import type { CellTarget } from '../../data/cell-types.ts';
import { type FeedData } from '../../onnx/feeds/feed-dtypes.ts';
import { float16Bits } from '../../onnx/tensors/half-floats.ts';
import { joinData } from '../collected-rows.ts';
import type { OutputWidth } from '../outputs.ts';
import type { BlockingModel } from './blocking-model.ts';
import { type RowOutput, sameOutputs } from './row-model.ts';

/** Rows that wait for the model, more than it may take at a time. */
export interface StagedRows {
  /** Where the values of the inputs go. */
  targets: CellTarget[];
  /** Runs the model on the first `rows` rows, as often as it takes. */
  run(rows: number): RowOutput[];
  /** Runs it on the first row, which does not count. */
  sample(): RowOutput[];
}

/** `capacity`: the most rows. `onRun` is told after each run, with the number of its rows. */
export function stageRows(
  model: BlockingModel,
  batch: number,
  capacity: number,
  onRun: (rows: number) => void,
): StagedRows {
  const isDirect = batch >= capacity;
  const staged = model.feeds.map(({ input, data }) =>
    isDirect ? data : allocate(input.dtype === 'string', data, capacity * input.columns.length),
  );
  let before: OutputWidth[] | null = null;
  const runSome = (from: number, count: number): RowOutput[] => {
    if (!isDirect)
      model.feeds.forEach(({ input: { columns }, data }, at) => {
        const [start, end] = [from * columns.length, (from + count) * columns.length];
        const rows = staged[at] as FeedData;
        if (Array.isArray(data)) data.splice(0, end - start, ...(rows.slice(start, end) as string[]));
        else (data as Float32Array).set((rows as Float32Array).subarray(start, end));
      });
    const outputs = model.run(count);
    before = sameOutputs(before, outputs);
    return outputs;
  };
  const runCounted = (from: number, count: number): RowOutput[] => {
    const outputs = runSome(from, count);
    onRun(count);
    return outputs;
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
    sample: () => runSome(0, 1),
    run(rows) {
      if (rows <= batch) return runCounted(0, rows);
      const parts: RowOutput[][] = [];
      for (let from = 0; from < rows; from += batch)
        parts.push(runCounted(from, Math.min(batch, rows - from)));
      return (parts[0] ?? []).map((output, at) => ({
        ...output,
        data: joinData(parts.map((part) => part[at]?.data ?? [])),
      }));
    },
  };
}

function allocate(isText: boolean, like: FeedData, count: number): FeedData {
  if (isText || Array.isArray(like)) return Array.from({ length: count }, () => '');
  return new (like.constructor as Float32ArrayConstructor)(count);
}
