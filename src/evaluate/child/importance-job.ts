import { leadingMetric } from '../../core/measurements/evaluation-metrics.ts';
import type { OnMissing } from '../../data/cell-types.ts';
import { cellReader } from '../../data/read-cell.ts';
import { allocateData, type FeedData } from '../../onnx/feeds/feed-dtypes.ts';
import { float16Bits } from '../../onnx/tensors/half-floats.ts';
import type { BoundInput } from '../../predict/columns/binding.ts';
import { type CodedCells, joinData, type CollectedOutput } from '../../predict/collected-rows.ts';
import { openRowModel, type RowModelSetup } from '../../predict/child/row-model.ts';
import { type Refusal, refusalOf } from '../../predict/child/refusal.ts';
import type { JobKind, RunJob } from '../../runtime/job-kind.ts';
import { type ColumnImportance, type FeatureColumn, permutationImportance } from '../importance.ts';
import { scoreOutputs, type ScoreOptions } from '../score.ts';

export interface ImportanceJob {
  model: RowModelSetup;
  onMissing: OnMissing;
  header: readonly string[];
  rows: number;
  /** Text of the columns that fill inputs, by their position in the header. */
  cells: ReadonlyMap<number, CodedCells>;
  target: CodedCells;
  score: ScoreOptions;
  repeats: number;
  seed: number;
}

interface ImportanceProgress {
  done: number;
  all: number;
}

/** Measures permutation importance: the model stays loaded, and the rows in memory. */
export const importanceJob: JobKind<
  ImportanceJob,
  ImportanceProgress,
  { refused: Refusal } | { metric: string; columns: ColumnImportance[] | null }
> = { name: 'importance' };

export const run: RunJob<typeof importanceJob> = async (_runtime, job, report) => {
  try {
    return await measureImportance(job, report);
  } catch (error) {
    const refused = refusalOf(error);
    if (refused === undefined) throw error;
    return { refused };
  }
};

async function measureImportance(
  { model: setup, header, rows, cells, target, score, repeats, seed, onMissing }: ImportanceJob,
  report: (progress: ImportanceProgress) => Promise<void>,
): Promise<{ metric: string; columns: ColumnImportance[] | null }> {
  const model = await openRowModel(setup);
  const values = setup.inputs.map((input) => valuesOf(input, rows, cells, onMissing));
  const features = setup.inputs.flatMap((input, at): FeatureColumn[] =>
    input.columns.map((column, offset) => ({
      name: header[column] ?? '',
      values: values[at] as FeatureColumn['values'],
      offset,
      stride: input.columns.length,
    })),
  );
  const predict = async (): Promise<CollectedOutput[]> => {
    const parts: CollectedOutput[][] = [];
    for (let from = 0; from < rows; from += setup.batch) {
      const count = Math.min(setup.batch, rows - from);
      for (const [at, { input, data }] of model.feeds.entries()) {
        const width = input.columns.length;
        const own = values[at] ?? [];
        for (let cell = 0; cell < count * width; cell++) data[cell] = own[from * width + cell] as never;
      }
      const { outputs, release } = await model.run(count);
      parts.push(
        outputs.map(({ name, dtype, width, data }) => ({
          name,
          dtype,
          width,
          // The model's memory is released.
          data: data.slice(0, count * width) as CollectedOutput['data'],
        })),
      );
      await release();
    }
    return (parts[0] ?? []).map((output, at) => ({
      ...output,
      data: joinData(parts.map((part) => part[at]?.data ?? [])),
    }));
  };
  const first = scoreOutputs(await predict(), target, score);
  const { name: metric, direction } = leadingMetric(first.task);
  // The same task and outputs for each permutation, whatever it does to the values.
  const { label, probability, prediction } = first.outputs;
  const fixed: ScoreOptions = {
    ...score,
    task: first.task,
    named: {
      label: label ?? undefined,
      probability: probability ?? undefined,
      prediction: prediction ?? undefined,
    },
  };
  const columns = await permutationImportance(
    features,
    rows,
    async () => scoreOutputs(await predict(), target, fixed).leading,
    { direction, repeats, seed, onProgress: (done, all) => void report({ done, all }) },
  );
  return { metric, columns };
}

/** The cells of an input for all rows, read as predicting reads them. */
function valuesOf(
  { dtype, columns }: BoundInput,
  rows: number,
  cells: ReadonlyMap<number, CodedCells>,
  onMissing: OnMissing,
): FeedData {
  const width = columns.length;
  const size = rows * width;
  const into = dtype === 'string' ? Array.from({ length: size }, () => '') : allocateData(dtype, size);
  for (const [offset, column] of columns.entries()) {
    const { codes, values } = cells.get(column) ?? { codes: new Int32Array(), values: [] };
    const distinct =
      dtype === 'string'
        ? Array.from({ length: values.length }, () => '')
        : allocateData(dtype, values.length);
    const read = cellReader(
      { column, type: dtype, into: distinct, offset: 0, stride: 1, toBits: float16Bits },
      onMissing,
    );
    for (const [code, text] of values.entries()) {
      const bytes = Buffer.from(text);
      // Rows that could not be read were left out; their texts may still be in the list.
      read(bytes, 0, bytes.length, code, true, false);
    }
    for (let row = 0; row < rows; row++) into[row * width + offset] = distinct[codes[row] ?? 0] as never;
  }
  return into;
}
