import type { DuckDBDataChunk, DuckDBStructVector, DuckDBType } from '@duckdb/node-api';
import { MlregError } from '../../core/errors.ts';
import { quote } from '../../core/text/quote.ts';
import type { CellTarget, OnMissing } from '../cell-types.ts';
import { asTableError } from './duckdb-errors.ts';
import { loadDuckDb } from './load-duckdb.ts';
import { pathOf, sqlName, sqlText } from './locked-database.ts';
import { fieldType, type FieldValues, type OutputField, writeFields } from './output-fields.ts';
import { type ParquetTable, type RowRange, sourceOf } from './parquet-table.ts';
import { leaveOut, type RejectedValue, rowReader } from './row-reader.ts';

/** A column of the new file: one of the table, or an added field; positions from 0. */
export type CopiedColumn = { input: number } | { field: number };

export interface CopyPlan {
  table: ParquetTable;
  targets: readonly CellTarget[];
  onMissing: OnMissing;
  fields: readonly OutputField[];
  /** What the new file has, in its order. */
  columns: readonly CopiedColumn[];
  range: RowRange;
  /** An open, empty file. */
  target: number;
  /** Its name in messages. */
  targetName: string;
  /** Whether rows that cannot be used are left out; if not, `onRejected` must throw. */
  leavesOut: boolean;
}

export interface Computed {
  values: readonly FieldValues[];
  /** Their places in the targets, in order. */
  failed?: readonly { place: number; reason: string }[];
}

export interface CopyWork {
  /**
   * The values of all fields for the first `rows` rows in the targets, except those that turn out to
   * be unusable.
   */
  compute(rows: number): Computed;
  /**
   * Hears of rows that cannot be used, in their order; they are left out. What it throws ends the
   * copy.
   */
  onRejected(rows: readonly RejectedValue[]): void;
  /** After each batch: how many rows were read. */
  onProgress(rows: number): void;
}

/**
 * With larger groups, DuckDB holds more than it takes to compress them well: 122,880 rows of 64
 * numbers took 100 MB more, and nobody reads so narrow a table by its groups.
 */
const rowGroupRows = 20_480;
const functionName = 'mlreg_outputs';

/**
 * Copies a Parquet file with further columns, which are computed batch after batch in the order of
 * the rows. Columns keep their types and values. Rejects as the work does, INVALID_INPUT if the
 * table is damaged or its names cannot be kept, STORAGE if the target cannot be written.
 */
export async function copyWithOutputs(plan: CopyPlan, work: CopyWork): Promise<void> {
  const duckdb = await loadDuckDb();
  const { table, fields } = plan;
  const { connection } = table.database;
  const used = [...new Set(plan.targets.map(({ column }) => column))].sort((one, other) => one - other);
  const reader = rowReader(table, used, plan.targets, plan.onMissing);
  const sql = copyStatement(plan, used);
  let rows = plan.range.from;
  let failure: unknown;

  function fill(chunk: DuckDBDataChunk, output: DuckDBStructVector): void {
    const count = chunk.rowCount;
    const read = reader.read((at) => chunk.getColumnVector(at), count, rows);
    const { values, failed = [] } = read.kept === 0 ? { values: [] } : work.compute(read.kept);
    const { kept, places, rejected } = leaveOut(read, failed, rows);
    if (rejected.length > 0) work.onRejected(rejected);
    writeFields(output, kept === 0 ? [] : fields, values, kept, places, count);
    rows += count;
    work.onProgress(rows - plan.range.from);
  }

  const returned: Record<string, DuckDBType> = {};
  fields.forEach(({ dtype }, at) => (returned[`f${at}`] = fieldType(duckdb, dtype)));
  connection.registerScalarFunction(
    duckdb.DuckDBScalarFunction.create({
      name: functionName,
      parameterTypes: used.map((at) => table.columns[at]?.type ?? duckdb.VARCHAR),
      returnType: duckdb.STRUCT(returned),
      // Without it, a row with a NULL is NULL, and not shown to the function.
      specialHandling: true,
      // Else the optimizer computes it again for the filter.
      volatile: true,
      mainFunction: (info, chunk, output) => {
        try {
          fill(chunk, output as DuckDBStructVector);
        } catch (error) {
          failure = error;
          info.setError('stopped');
        }
      },
    }),
  );
  try {
    await connection.run(sql);
  } catch (error) {
    throw failure ?? asTableError(error, table.what, plan.targetName);
  }
}

function copyStatement(plan: CopyPlan, used: readonly number[]): string {
  const { table, fields, columns, range, target } = plan;
  const names = columns.map((column) =>
    'input' in column ? (table.columns[column.input]?.name ?? '') : (fields[column.field]?.name ?? ''),
  );
  refuseNames(names);
  const listed = columns.map(
    (column, at) =>
      `${'input' in column ? `c${column.input}` : `s.f${column.field}`} AS ${sqlName(names[at] ?? '')}`,
  );
  const call = `${functionName}(${used.map((at) => `c${at}`).join(', ')})`;
  // A row that was rejected has no outputs.
  const filter = plan.leavesOut ? ' WHERE s IS NOT NULL' : '';
  return `COPY (SELECT ${listed.join(', ')} FROM (SELECT *, ${call} AS s FROM ${sourceOf(table, range)})${filter})
    TO ${sqlText(pathOf(target))} (FORMAT parquet, ROW_GROUP_SIZE ${rowGroupRows}, USE_TMP_FILE false)`;
}

/**
 * INVALID_INPUT for names of which DuckDB would change one: it takes those that differ only in the
 * case of ASCII letters for the same.
 */
export function refuseNames(names: readonly string[]): void {
  const seen = new Map<string, string>();
  for (const name of names) {
    if (name === '' || name.includes('\0'))
      throw new MlregError(
        'INVALID_INPUT',
        name === '' ? 'a column has no name' : `the name of column ${quote(name)} holds a NUL character`,
        { hint: 'choose the columns to write with --select, or write CSV: --output FILE.csv' },
      );
    const folded = name.replaceAll(/[A-Z]/g, (letter) => letter.toLowerCase());
    const other = seen.get(folded);
    if (other !== undefined) {
      const same = other === name ? 'are the same' : 'differ only in case';
      throw new MlregError(
        'INVALID_INPUT',
        `two columns cannot be written to one Parquet file: their names ${quote(other)} and ${quote(name)} ${same}`,
        { hint: 'choose the columns to write with --select' },
      );
    }
    seen.set(folded, name);
  }
}
