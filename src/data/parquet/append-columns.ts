import { fstatSync } from 'node:fs';
import type { CellTarget, OnMissing } from '../cell-types.ts';
import { type Computed, refuseNames } from './copy-with-outputs.ts';
import { chunkWriter, writeAt } from './chunk-writer.ts';
import { damaged } from './duckdb-errors.ts';
import { endOfFile, type Footer } from './footer.ts';
import { readPart } from './hash-file.ts';
import { loadDuckDb } from './load-duckdb.ts';
import { fieldType, type OutputField } from './output-fields.ts';
import { openParquet, type ParquetTable } from './parquet-table.ts';
import { leaveOut, type RejectedValue, rowReader } from './row-reader.ts';
import { streamRows } from './stream-rows.ts';

export interface AppendPlan {
  table: ParquetTable;
  footer: Footer;
  targets: readonly CellTarget[];
  onMissing: OnMissing;
  fields: readonly OutputField[];
  /** The open file of the table, and another that is empty. */
  source: number;
  target: number;
  /** Its name in messages. */
  targetName: string;
}

export interface AppendWork {
  /** As `CopyWork.compute`. */
  compute(rows: number): Promise<Computed>;
  /** Hears of rows that cannot be used. It must throw, which ends the work. */
  onRejected(rows: readonly RejectedValue[]): void;
  /** After each batch, and while bytes are copied: how many rows were read. */
  onProgress(rows: number): void;
}

const copyBytes = 2 ** 20;

/**
 * Writes a table that has the bytes of another, with further columns behind them, which are computed
 * batch after batch in the order of the rows. Rejects as the work does, INVALID_INPUT if the table is
 * damaged or its names cannot be kept, STORAGE if the target cannot be written.
 */
export async function appendColumns(plan: AppendPlan, work: AppendWork): Promise<void> {
  const { table, footer, fields, target, targetName } = plan;
  const names = [...table.columns, ...fields].map(({ name }) => name);
  refuseNames(names);
  await copyStart(plan, () => work.onProgress(0));
  const writer = chunkWriter(fields, footer.groups, target, footer.at, targetName);
  // Columns that nothing takes are read, too: damage in them must not be copied in silence.
  const all = table.columns.map((_, at) => at);
  const reader = rowReader(table, all, plan.targets, plan.onMissing);
  const total = footer.groups.reduce((sum, rows) => sum + rows, 0);
  let done = 0;
  await streamRows(table, all, { from: 0, to: table.rows }, async (chunk, first) => {
    const count = chunk.rowCount;
    if (done + count > total) throw damaged(table.what, 'its row groups have other rows');
    const read = reader.read((at) => chunk.getColumnVector(at), count, first);
    const { values, failed = [] } = read.kept === 0 ? { values: [] } : await work.compute(read.kept);
    const { kept, rejected } = leaveOut(read, failed, first);
    if (rejected.length > 0) work.onRejected(rejected);
    if (kept !== count) throw new Error('rows were left out');
    await writer.add(values, count);
    done += count;
    work.onProgress(done);
    return 'more';
  });
  if (done !== total) throw damaged(table.what, 'its row groups have other rows');
  const { chunks, at } = writer.end();
  await writeAt(target, endOfFile(footer.withColumns(writer.columns, chunks)), at, targetName);
  if (fstatSync(target).isFile()) await checkWritten(plan, names);
}

/** Copies all that is before the footer: so every offset in the file stays what it is. */
async function copyStart(
  { table, footer, source, target, targetName }: AppendPlan,
  tell: () => void,
): Promise<void> {
  const buffer = new Uint8Array(copyBytes);
  for (let at = 0; at < footer.at;) {
    const part = buffer.subarray(0, Math.min(copyBytes, footer.at - at));
    const bytes = await readPart(source, part, at, table.what);
    if (bytes.length === 0) throw damaged(table.what, 'it ends early');
    await writeAt(target, bytes, at, targetName);
    at += bytes.length;
    tell();
  }
}

/** Another reader of Parquet must find what was meant. */
async function checkWritten(
  { table, fields, target, targetName }: AppendPlan,
  names: readonly string[],
): Promise<void> {
  const duckdb = await loadDuckDb();
  const { columns, rows } = await openParquet(table.database, target, targetName);
  const types = [
    ...table.columns.map(({ typeName }) => typeName),
    ...fields.map(({ dtype }) => String(fieldType(duckdb, dtype))),
  ];
  const isSame =
    rows === table.rows &&
    columns.length === names.length &&
    columns.every(({ name, typeName }, at) => name === names[at] && typeName === types[at]);
  if (!isSame) throw new Error(`${targetName} was written, but reads as another table`);
}
