import { MlregError } from '../core/errors.ts';
import { isNumeric } from '../data/parquet/column-kinds.ts';
import { hashFile } from '../data/parquet/hash-file.ts';
import { openLocked } from '../data/parquet/locked-database.ts';
import { openParquet } from '../data/parquet/parquet-table.ts';
import { rowReader } from '../data/parquet/row-reader.ts';
import { streamRows } from '../data/parquet/stream-rows.ts';
import { checkFirstBytes } from '../data/table-format.ts';
import { collectColumn } from './column-collector.ts';
import {
  capacityOf,
  checkColumns,
  type ColumnPlan,
  countTexts,
  type ReadColumns,
  type TableSource,
} from './read-table.ts';

/** The most rows that DuckDB gives at a time. */
const batchRows = 2048;

/** As `readTextTable`, of an open file, which is no pipe. CONFLICT if it changes meanwhile. */
export async function readParquetTable(source: TableSource, plan: ColumnPlan): Promise<ReadColumns> {
  const { descriptor, what, kind, flag } = source;
  const file = await hashFile(
    descriptor,
    what,
    (bytes) => checkFirstBytes(kind, bytes, what, flag),
    () => undefined,
  );
  const database = await openLocked([descriptor]);
  try {
    const table = await openParquet(database, descriptor, what);
    checkColumns(
      table.columns.map(({ name }) => name),
      plan,
      what,
    );
    const cells = table.columns.flatMap((known, column) => {
      const { name } = known;
      const asked = plan.types.get(name) ?? null;
      if (asked === 'ignore') return [];
      const asText = !isNumeric(known.kind) || (asked !== null && asked !== 'numeric');
      const into = asText ? new Int32Array(batchRows) : new Float64Array(batchRows);
      const dictionary = new Map<string, number>();
      const type = asText ? ('text' as const) : ('float64' as const);
      const collector = collectColumn(name, asked, capacityOf(table.columns.length));
      return [
        {
          collector,
          target: { column, type, into, offset: 0, stride: 1, dictionary },
          take(count: number) {
            if (asText) collector.addTexts(countTexts(dictionary, into, count));
            else collector.addNumbers(into, 0, count, 1);
            dictionary.clear();
          },
        },
      ];
    });
    const used = cells.map(({ target }) => target.column);
    const reader = rowReader(
      table,
      used,
      cells.map(({ target }) => target),
      'nan',
    );
    let rows = 0;
    await streamRows(table, used, { from: 0, to: table.rows }, async (chunk, first) => {
      const { rejected } = reader.read((at) => chunk.getColumnVector(at), chunk.rowCount, first);
      const [bad] = rejected;
      if (bad !== undefined)
        throw new MlregError('INVALID_INPUT', `${what}, row ${bad.row}: ${bad.reason}`, {
          hint: 'correct the row, or leave it out: a profile is of all rows',
        });
      for (const own of cells) own.take(chunk.rowCount);
      rows += chunk.rowCount;
      plan.onProgress?.({ rows, bytes: Math.round((file.size * rows) / table.rows) });
      return 'more';
    });
    if (!file.isSame())
      throw new MlregError('CONFLICT', `${what} changed while it was read`, {
        hint: 'run the command again',
      });
    return { rows, sha256: file.sha256, columns: cells.map(({ collector }) => collector.finish()) };
  } finally {
    database.close();
  }
}
