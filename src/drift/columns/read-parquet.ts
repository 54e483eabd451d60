import { MlregError } from '../../core/errors.ts';
import { asTableError } from '../../data/parquet/duckdb-errors.ts';
import { hashFile } from '../../data/parquet/hash-file.ts';
import { openLocked } from '../../data/parquet/locked-database.ts';
import { openParquet, type ParquetColumn, type ParquetTable } from '../../data/parquet/parquet-table.ts';
import { isValid, itemsOf, validWords } from '../../data/parquet/vector-memory.ts';
import { isNumberLike } from '../../data/read-cell.ts';
import { checkFirstBytes } from '../../data/table-format.ts';
import type { AskedType } from '../../profile/column-state.ts';
import { readTime } from '../../profile/read-time.ts';
import type { TableSource } from '../../profile/read-table.ts';
import { type CellKind, type ColumnData, type TableData, textCodes } from './column-data.ts';
import { kindOfTexts, type ReadPlan, refuseTwins } from './read-text-table.ts';

/** As `readTextTable`, of an open file, which is no pipe: columns are read one by one when loaded. */
export async function readParquetTable(
  { descriptor, what, kind, flag }: TableSource,
  plan: ReadPlan,
): Promise<Omit<TableData, 'file'>> {
  const { types, signal } = plan;
  const file = await hashFile(
    descriptor,
    what,
    (bytes) => {
      checkFirstBytes(kind, bytes, what, flag);
    },
    () => signal?.throwIfAborted(),
  );
  const database = await openLocked([descriptor]);
  try {
    const table = await openParquet(database, descriptor, what);
    const names = table.columns.map(({ name }) => name);
    refuseTwins(names, what);
    const columns: ColumnData[] = [];
    for (const [at, column] of table.columns.entries()) {
      const asked = types.get(column.name);
      if (asked === 'ignore') continue;
      columns.push(await openColumn(table, column, at, asked));
    }
    plan.onRead({ rows: table.rows, bytes: file.size });
    return {
      sha256: file.sha256,
      rows: table.rows,
      names,
      columns: columns.map((column) => ({
        ...column,
        async load(into) {
          signal?.throwIfAborted();
          await column.load(into);
          if (file.isSame()) return;
          throw new MlregError('CONFLICT', `${what} changed while it was read`, {
            hint: 'run the command again',
          });
        },
      })),
      close: () => {
        database.close();
      },
    };
  } catch (error) {
    database.close();
    throw error;
  }
}

const numeric = new Set(['integer', 'bigint', 'double', 'decimal']);
/** Rows that tell what a column of text holds. */
const rowsRead = 2048;

async function openColumn(
  table: ParquetTable,
  { name, kind, typeName }: ParquetColumn,
  at: number,
  asked: AskedType | undefined,
): Promise<ColumnData> {
  const isTime = /^(?:DATE|TIMESTAMP)/.test(typeName);
  const asText = asked === 'categorical' || asked === 'text';
  if (!asText && (numeric.has(kind) || (kind === 'boolean' && asked === 'numeric')))
    return numbers(table, name, 'number', `CAST(c${at} AS DOUBLE)`);
  if (!asText && isTime && (asked === undefined || asked === 'datetime'))
    return numbers(table, name, 'datetime', `CAST(epoch_ms(CAST(c${at} AS TIMESTAMP)) AS DOUBLE)`);
  if (kind === 'other' && !isTime && asked === undefined) return unread(table, name);
  const own = asked === 'numeric' ? 'number' : asked === 'datetime' ? 'datetime' : undefined;
  return texts(table, name, `CAST(c${at} AS VARCHAR)`, kind === 'boolean' || asText ? 'text' : own);
}

function unread({ rows }: ParquetTable, name: string): ColumnData {
  return {
    name,
    kind: 'other',
    rows,
    invalid: () => 0,
    load: async (into) => {
      into.fill(Number.NaN);
    },
    texts: () => [],
    others: () => 0,
  };
}

function numbers(table: ParquetTable, name: string, kind: CellKind, sql: string): ColumnData {
  const { rows } = table;
  return {
    name,
    kind,
    rows,
    invalid: () => 0,
    async load(into) {
      await stream(table, `SELECT ${sql} FROM ${table.source}`, (vector, count, first) => {
        const items = itemsOf(vector) as Float64Array;
        const valid = validWords(vector);
        into.set(items.length === count ? items : items.subarray(0, count), first);
        if (valid === null) return;
        for (let row = 0; row < count; row++) if (!isValid(valid, row)) into[first + row] = Number.NaN;
      });
    },
    texts: () => [],
    others: () => 0,
  };
}

async function texts(
  table: ParquetTable,
  name: string,
  sql: string,
  asked: 'number' | 'datetime' | 'text' | undefined,
): Promise<ColumnData> {
  const select = `SELECT ${sql} FROM ${table.source}`;
  const first: [string, number][] = [];
  await stream(table, `${select} LIMIT ${rowsRead}`, (vector, count) => {
    const valid = validWords(vector);
    for (let row = 0; row < count; row++)
      if (isValid(valid, row)) first.push([String(vector.getItem(row)), 1]);
  });
  const told = kindOfTexts(first);
  // A text of digits stays a text: the file says so.
  const kind = asked ?? (told === 'number' ? 'text' : told);
  const codes = textCodes();
  let [others, invalid] = [0, 0];
  const valueOf = (text: string): number => {
    if (isNumberLike(text) === null) return Number.NaN;
    if (kind === 'text') return codes.codeOf(text);
    return kind === 'number' ? Number(text) : readTime(text);
  };
  return {
    name,
    kind,
    rows: table.rows,
    invalid: () => invalid,
    async load(into) {
      [others, invalid] = [0, 0];
      await stream(table, select, (vector, count, from) => {
        const valid = validWords(vector);
        for (let row = 0; row < count; row++) {
          const text = isValid(valid, row) ? String(vector.getItem(row)) : '';
          const value = valueOf(text);
          into[from + row] = value;
          if (value === -1 && kind === 'text') others++;
          if (Number.isNaN(value) && isNumberLike(text) !== null) invalid++;
        }
      });
    },
    texts: () => codes.texts,
    others: () => others,
  };
}

type Vector = Parameters<typeof itemsOf>[0];

async function stream(
  { database, what }: ParquetTable,
  sql: string,
  each: (vector: Vector, count: number, first: number) => void,
): Promise<void> {
  const connection = await database.connect();
  try {
    const result = await connection.stream(sql);
    let first = 0;
    for (;;) {
      const chunk = await result.fetchChunk();
      if (chunk === null || chunk.rowCount === 0) return;
      each(chunk.getColumnVector(0), chunk.rowCount, first);
      first += chunk.rowCount;
    }
  } catch (error) {
    throw asTableError(error, what);
  } finally {
    connection.closeSync();
  }
}
