import type { ElementArray } from '../../core/element-types.ts';
import type { CellTarget } from '../../data/cell-types.ts';
import { type FeedData } from '../../onnx/feeds/feed-dtypes.ts';
import { float16Bits } from '../../onnx/tensors/half-floats.ts';
import { joinData } from '../collected-rows.ts';
import type { OutputWidth } from '../columns/outputs.ts';
import { type RowModel, type RowOutput, sameOutputs } from './row-model.ts';
import { type FailedRow, mostFailedFirst, runRows } from './run-rows.ts';

/** Rows that wait for the model, more than it may take at a time. */
export interface StagedRows {
  /** Where the values of the inputs go. */
  targets: CellTarget[];
  /** Runs the model on the first `rows` rows, as often as it takes; `failed` as of `runRows`. */
  run(rows: number): Runs<Ran>;
  /** What it gives for one of the first `rows` rows, which does not count; null: it fails on each. */
  sample(rows: number): Runs<RowOutput[] | null>;
}

/** What the model gave for some rows. The outputs are the caller's. */
export interface Ran {
  outputs: RowOutput[];
  failed: FailedRow[];
}

/** Says on how many rows the model is to run, and takes what it gave, until the result is there. */
export type Runs<Result> = Generator<{ count: number; mostFailed: number }, Result, Ran>;

/** Does the runs with a model that answers at once. */
export function runNow<Result>(runs: Runs<Result>, run: (count: number, mostFailed: number) => Ran): Result {
  let step = runs.next();
  while (step.done !== true) step = runs.next(run(step.value.count, step.value.mostFailed));
  return step.value;
}

/** Does the runs with a model that answers later; `onRun` as of `runRows`. */
export async function runLater<Result>(
  runs: Runs<Result>,
  model: RowModel,
  onRun: () => void,
): Promise<Result> {
  let step = runs.next();
  while (step.done !== true) {
    const { count, mostFailed } = step.value;
    const { outputs, failed, release } = await runRows(model, count, { mostFailed, onRun });
    const copies = outputs.map((output) => ({
      ...output,
      data: output.data.slice(0, (count - failed.length) * output.width) as ElementArray,
    }));
    await release();
    step = runs.next({ outputs: copies, failed });
  }
  return step.value;
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

export function stageRows(
  feeds: RowModel['feeds'],
  { batch, capacity, setsAside, onRun }: Staging,
): StagedRows {
  const isDirect = batch >= capacity;
  const staged = feeds.map(({ input, data }) =>
    isDirect ? data : allocate(input.dtype === 'string', data, capacity * input.columns.length),
  );
  let before: OutputWidth[] | null = null;
  let predicted = 0;
  function* runSome(from: number, count: number, mostFailed: number): Runs<Ran> {
    if (!isDirect || from > 0)
      feeds.forEach(({ input: { columns }, data }, at) => {
        const [start, end] = [from * columns.length, (from + count) * columns.length];
        const rows = staged[at] as FeedData;
        if (Array.isArray(data)) data.splice(0, end - start, ...(rows.slice(start, end) as string[]));
        else (data as Float32Array).set((rows as Float32Array).subarray(start, end));
      });
    const { outputs, failed } = yield { count, mostFailed };
    if (outputs.length > 0) before = sameOutputs(before, outputs);
    return { outputs, failed };
  }
  function* runCounted(from: number, count: number): Runs<Ran> {
    const mostFailed = setsAside ? (predicted === 0 ? mostFailedFirst : Infinity) : 1;
    const { outputs, failed } = yield* runSome(from, count, mostFailed);
    const done = outputs.length === 0 ? 0 : count - failed.length;
    predicted += done;
    onRun(done);
    return { outputs, failed: failed.map(({ place, reason }) => ({ place: from + place, reason })) };
  }
  return {
    targets: feeds.flatMap(({ input: { columns, dtype } }, at) =>
      columns.map((column, offset): CellTarget => ({
        column,
        type: dtype,
        into: staged[at] as FeedData,
        offset,
        stride: columns.length,
        toBits: float16Bits,
      })),
    ),
    *sample(rows) {
      for (let row = 0; row < Math.min(rows, mostFailedFirst); row++) {
        const { outputs } = yield* runSome(row, 1, 1);
        if (outputs.length > 0) return outputs;
      }
      return null;
    },
    *run(rows) {
      if (rows <= batch) return yield* runCounted(0, rows);
      const parts: RowOutput[][] = [];
      const allFailed: FailedRow[] = [];
      for (let from = 0; from < rows; from += batch) {
        const { outputs, failed } = yield* runCounted(from, Math.min(batch, rows - from));
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
