import { fstatSync } from 'node:fs';
import { MlregError } from '../../core/errors.ts';
import { checkConversion, isNumeric } from '../../data/parquet/column-kinds.ts';
import { type Footer, readFooter } from '../../data/parquet/footer.ts';
import { hashFile } from '../../data/parquet/hash-file.ts';
import { openLocked } from '../../data/parquet/locked-database.ts';
import {
  openParquet,
  type ParquetColumn,
  type ParquetTable,
  type RowRange,
} from '../../data/parquet/parquet-table.ts';
import { checkFirstBytes } from '../../data/table-format.ts';
import { type Binding, bindColumns } from '../columns/binding.ts';
import type { CollectedBlock } from '../collected-rows.ts';
import { checkRejects } from '../max-rejects.ts';
import { outputColumns } from '../columns/outputs.ts';
import { openBlockingModel } from './blocking-model.ts';
import type { ParquetRun } from './parquet-run.ts';
import { appendToParquet, collectFromParquet, copyToParquet } from './parquet-sinks.ts';
import { openRejectedValues } from './rejected-values.ts';
import {
  declaredOutputs,
  openRowModel,
  type RowModel,
  type RowModelSetup,
  type RowOutput,
} from './row-model.ts';
import type { ShardRange } from './shard-of-table.ts';
import { countFailures, mostFailedFirst } from './run-rows.ts';
import { type Ran, runLater, runNow, type Runs, stageRows } from './staged-rows.ts';
import type { TableDone, TableJob, TableProgress } from './table-job.ts';

/** The most rows that DuckDB gives at a time. */
const batchRows = 2048;
/** Rows of a block that is sent to the parent, about as many as a block of CSV has. */
const blockRows = 8 * batchRows;
const reportMs = 100;
/** The texts of a row group are in memory until it is complete. */
const mostRowsOfTexts = 2 ** 20;

/**
 * As `predictTable`, for Parquet: DuckDB reads the table, calls the model for each batch of rows, and
 * writes the new one. A few batches are in memory at a time.
 */
export async function predictParquet(
  job: TableJob,
  report: (progress: TableProgress) => Promise<void>,
): Promise<TableDone> {
  const { table: given, target, signature, fetches, onMissing } = job;
  refusePipes(job);
  const total = { rows: 0, rejected: 0, bytes: 0 };
  let told = 0;
  const tell = (): void => {
    if (performance.now() - told < reportMs) return;
    told = performance.now();
    void report({ ...total });
  };
  const checkKind = (bytes: Uint8Array): void => checkFirstBytes(given.kind, bytes, given.what, given.flag);
  const file = await hashFile(given.descriptor, given.what, checkKind, tell);
  const written = target.kind === 'append' ? [target.output.descriptor] : [];
  const database = await openLocked([given.descriptor, ...written]);
  try {
    const table = await openParquet(database, given.descriptor, given.what);
    const header = table.columns.map(({ name }) => name);
    const binding = bindTable(table, job);
    const batch = binding.batch ?? job.batch ?? batchRows;
    const { modelFile, session } = job;
    const fixed = binding.batch !== null;
    const setup = { modelFile, session, fetches, inputs: binding.inputs, batch, fixed };
    const failures = countFailures();
    const rejects = openRejectedValues(job, given.what, header);
    const known = new Set(job.known ?? []);
    const range = rangeOf(job.shard, table.rows);
    const declared = declaredOutputs(signature, fetches);
    const footer = await footerToExtend(job, file.size, declared);
    const model = await openModel(setup, target.kind === 'append' && footer === null, tell);
    const run: ParquetRun = {
      table,
      range,
      staged: stageRows(model.feeds, {
        batch,
        capacity: batchRows,
        setsAside: job.rejects !== null,
        onRun(rows) {
          total.rows += rows;
          tell();
        },
      }),
      answer: (runs) => model.answer(runs),
      onMissing,
      leavesOut: job.rejects !== null,
      onRejected(rows) {
        total.rejected += rows.length;
        rejects.add(known.size === 0 ? rows : rows.filter(({ row }) => !known.has(row - 1)));
        const failed = rows.filter(({ byModel }) => byModel === true);
        failures.add({ count: failed.length, first: failed[0] ?? null }, ({ row }) => {
          return `${given.what}, row ${row}`;
        });
        if (total.rows === 0 && failures.count() >= mostFailedFirst) throw failures.error();
        checkRejects(job.maxRejects, { ...total, ended: false });
      },
      onRead(rows) {
        total.bytes = Math.round((file.size * rows) / (range.to - range.from));
        tell();
      },
    };
    const size = { batchRows, blockRows };
    const take = (block: CollectedBlock): Promise<void> => report({ ...total, block });
    const outputs =
      target.kind === 'collect'
        ? ((await collectFromParquet(run, target, size, take)) ??
          declared.map(({ name, width, classes }) => ({ name, width, classes })))
        : footer !== null
          ? await appendToParquet(run, { ...given, footer }, target, declared, size, take)
          : await copyToParquet(run, model, target, declared, size, take);
    if (total.rows === 0 && failures.count() > 0) throw failures.error();
    checkRejects(job.maxRejects, { ...total, ended: true });
    await rejects.end();
    if (!file.isSame()) throw changed(given.what);
    return {
      rows: total.rows,
      rejected: total.rejected,
      complete: true,
      bytes: file.size,
      sha256: file.sha256,
      header,
      binding,
      outputs,
      columns: outputColumns(outputs, header),
      batch,
      onnxruntime: model.onnxruntime(),
    };
  } finally {
    database.close();
  }
}

interface RunningModel {
  feeds: RowModel['feeds'];
  onnxruntime(): string;
  answer<Result>(runs: Runs<Result>): Promise<Result>;
  /** Only of a blocking model. */
  runNow(rows: number, mostFailed: number): Ran;
}

/**
 * `isBlocking`: for DuckDB, whose copy cannot wait for an answer that comes later. `onAlive` is called
 * while the model runs on few rows at a time.
 */
async function openModel(
  setup: RowModelSetup,
  isBlocking: boolean,
  onAlive: () => void,
): Promise<RunningModel> {
  if (isBlocking) {
    const model = openBlockingModel(setup, onAlive);
    const run = (rows: number, mostFailed: number): Ran => model.run(rows, mostFailed);
    return {
      feeds: model.feeds,
      onnxruntime: () => model.onnxruntime(),
      answer: (runs) => Promise.resolve(runNow(runs, run)),
      runNow: run,
    };
  }
  const model = await openRowModel(setup);
  return {
    feeds: model.feeds,
    onnxruntime: () => model.onnxruntime,
    answer: (runs) => runLater(runs, model, onAlive),
    runNow: () => {
      throw new Error('the model answers later');
    },
  };
}

/**
 * The footer of the table, if the new one can have all of its bytes: so all rows and columns, with
 * those of the model behind them. Rows that are set aside are only known when they come.
 */
async function footerToExtend(
  { table, target, rejects, shard }: TableJob,
  size: number,
  declared: readonly Pick<RowOutput, 'dtype'>[],
): Promise<Footer | null> {
  if (target.kind !== 'append' || target.select !== null || rejects !== null || shard !== null) return null;
  const footer = await readFooter(table.descriptor, size);
  const isLarge = footer?.groups.some((rows) => rows > mostRowsOfTexts) ?? false;
  return isLarge && declared.some(({ dtype }) => dtype === 'string') ? null : footer;
}

/** The rows of a part: as many as the other parts have, or one more. */
function rangeOf(shard: ShardRange | null, rows: number): RowRange {
  if (shard === null) return { from: 0, to: rows };
  const share = (part: number): number => Math.floor((rows * part) / shard.of);
  return { from: share(shard.index - 1), to: share(shard.index) };
}

function bindTable(table: ParquetTable, { signature, binding: options }: TableJob): Binding {
  const header = table.columns.map(({ name }) => name);
  const text = new Set(table.columns.flatMap(({ kind }, at) => (isNumeric(kind) ? [] : [at])));
  const binding = bindColumns(header, signature, { ...options, text });
  for (const { name, dtype, columns } of binding.inputs)
    for (const at of columns) checkConversion(table.columns[at] as ParquetColumn, dtype, name);
  return binding;
}

/** The index of a Parquet file is at its end, and DuckDB opens what it writes anew. */
function refusePipes({ table, target }: TableJob): void {
  if (!fstatSync(table.descriptor).isFile())
    throw new MlregError('INVALID_INPUT', `${table.what} is a pipe, from which Parquet cannot be read`, {
      hint: 'save it to a file first: its index is at the end',
    });
  if (target.kind === 'collect') return;
  const stats = fstatSync(target.output.descriptor);
  if (!stats.isFile() && !stats.isCharacterDevice())
    throw new MlregError(
      'INVALID_INPUT',
      `${target.output.what} is a pipe, to which Parquet is not written`,
      {
        hint: 'name a file: --output FILE.parquet',
      },
    );
}

function changed(what: string): MlregError {
  return new MlregError('CONFLICT', `${what} changed while it was read; nothing was written`, {
    hint: 'wait until it is written, then run the command again',
  });
}
