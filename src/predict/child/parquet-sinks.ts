import { appendColumns } from '../../data/parquet/append-columns.ts';
import { type CopiedColumn, copyWithOutputs } from '../../data/parquet/copy-with-outputs.ts';
import type { Footer } from '../../data/parquet/footer.ts';
import type { FieldValues, OutputField } from '../../data/parquet/output-fields.ts';
import { leaveOut, rowReader } from '../../data/parquet/row-reader.ts';
import { streamRows } from '../../data/parquet/stream-rows.ts';
import { findColumn, findColumns, headerOf } from '../columns/column-choice.ts';
import { type OutputColumn, outputColumns, type OutputWidth, selectColumns } from '../columns/outputs.ts';
import {
  type BlockSize,
  collectBlocks,
  columnsOf,
  type Output,
  type ParquetRun,
  sampleOutputs,
  type Take,
} from './parquet-run.ts';
import type { RowOutput } from './row-model.ts';
import { type Ran, runNow } from './staged-rows.ts';
import type { TableTarget } from './table-job.ts';

type AppendTarget = Extract<TableTarget, { kind: 'append' }>;

/** What the rows of a table get. */
interface AddedOutputs {
  header: string[];
  outputs: readonly Output[];
  columns: OutputColumn[];
  fields: OutputField[];
}

/** `declared`: outputs to add if no row can be predicted. */
async function addedOutputs(run: ParquetRun, declared: readonly Output[]): Promise<AddedOutputs> {
  const header = run.table.columns.map(({ name }) => name);
  const outputs = (await sampleOutputs(run)) ?? declared;
  const columns = outputColumns(outputs, header);
  const fields = columns.map(({ name, output: at }) => ({ name, dtype: outputs[at]?.dtype ?? 'float32' }));
  return { header, outputs, columns, fields };
}

function widthsOf(outputs: readonly Output[]): OutputWidth[] {
  return outputs.map(({ name, width, classes }) => ({ name, width, classes }));
}

/** The values of each column of the model; none if it failed on all rows. */
function valuesOf(columns: readonly OutputColumn[], outputs: readonly RowOutput[]): FieldValues[] {
  if (outputs.length === 0) return [];
  return columns.map(({ output: at, index }) => {
    const { data, width } = outputs[at] as RowOutput;
    return { data, offset: index, stride: width };
  });
}

/** Collects what is kept of the rows; null: nothing is. */
function keptBlocks({ keep }: AppendTarget, header: readonly string[], size: BlockSize, take: Take) {
  if (keep === null) return null;
  return collectBlocks([findColumn(headerOf(header), keep, '--key')], size, take);
}

/**
 * Writes the table as it is with all columns of the model behind it, and hands on what is kept of
 * them. `source`: the open file of the table, whose footer is given.
 */
export async function appendToParquet(
  run: ParquetRun,
  source: { descriptor: number; footer: Footer },
  target: AppendTarget,
  declared: readonly Output[],
  size: BlockSize,
  take: Take,
): Promise<OutputWidth[]> {
  const { table, staged, onMissing } = run;
  const { header, outputs, columns, fields } = await addedOutputs(run, declared);
  const kept = keptBlocks(target, header, size, take);
  await appendColumns(
    {
      table,
      footer: source.footer,
      targets: [...staged.targets, ...(kept?.targets ?? [])],
      onMissing,
      fields,
      source: source.descriptor,
      target: target.output.descriptor,
      targetName: target.output.what,
    },
    {
      async compute(rows) {
        const ran = await run.answer(staged.run(rows));
        kept?.add(rows, ran);
        await kept?.taken();
        return { values: valuesOf(columns, ran.outputs), failed: ran.failed };
      },
      onRejected: (rows) => run.onRejected(rows),
      onProgress: (rows) => run.onRead(rows),
    },
  );
  await kept?.end();
  return widthsOf(outputs);
}

/** Writes the rows of the table that can be predicted, with the columns that were chosen. */
export async function copyToParquet(
  run: ParquetRun,
  /** `runNow`: as `BlockingModel.run`. */
  model: { runNow(rows: number, mostFailed: number): Ran },
  target: AppendTarget,
  declared: readonly Output[],
  size: BlockSize,
  take: Take,
): Promise<OutputWidth[]> {
  const { table, range, staged, onMissing, leavesOut } = run;
  const { header, outputs, columns, fields } = await addedOutputs(run, declared);
  const selected = selectColumns(header, outputs, columns, target.select ?? undefined);
  const kept = keptBlocks(target, header, size, take);
  await copyWithOutputs(
    {
      table,
      targets: [...staged.targets, ...(kept?.targets ?? [])],
      onMissing,
      fields,
      columns: selected.map((column): CopiedColumn =>
        'input' in column ? column : { field: column.output },
      ),
      range,
      target: target.output.descriptor,
      targetName: target.output.what,
      leavesOut,
    },
    {
      compute(rows) {
        const ran = runNow(staged.run(rows), (count, mostFailed) => model.runNow(count, mostFailed));
        kept?.add(rows, ran);
        kept?.slowDown();
        return { values: valuesOf(columns, ran.outputs), failed: ran.failed };
      },
      onRejected: (rows) => run.onRejected(rows),
      onProgress: (rows) => run.onRead(rows),
    },
  );
  await kept?.end();
  return widthsOf(outputs);
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
    const ran = read.kept > 0 ? await run.answer(staged.run(read.kept)) : { outputs: [], failed: [] };
    const { rejected } = leaveOut(read, ran.failed, first);
    if (rejected.length > 0) run.onRejected(rejected);
    blocks.reject(rejected);
    if (ran.outputs.length > 0) {
      outputs ??= ran.outputs.map(({ name, width }) => ({ name, width }));
      blocks.add(read.kept, ran);
    }
    run.onRead(first + count - range.from);
    await blocks.taken();
    return 'more';
  });
  await blocks.end();
  return outputs;
}
