import type { DuckDBConnection, DuckDBType } from '@duckdb/node-api';
import { asTableError } from './duckdb-errors.ts';
import { type ColumnKind, columnKind } from './column-kinds.ts';
import { loadDuckDb } from './load-duckdb.ts';
import { type LockedDatabase, pathOf, sqlText } from './locked-database.ts';

export interface ParquetColumn {
  /** As the file has it, so that two may be the same. */
  name: string;
  type: DuckDBType;
  /** DuckDB's word for the type, such as `BIGINT` or `STRUCT(a INTEGER)`. */
  typeName: string;
  kind: ColumnKind;
}

export interface ParquetTable {
  database: LockedDatabase;
  /** Its name in messages. */
  what: string;
  columns: ParquetColumn[];
  rows: number;
  /**
   * What stands behind FROM. Column `i` is called `c{i}` there: DuckDB folds case, and renames columns
   * that it takes for the same.
   */
  source: string;
}

/** Rows of a table from `from` on, up to `to`, counted from 0. */
export interface RowRange {
  from: number;
  to: number;
}

/** What stands behind FROM for some rows of a table. */
export function sourceOf({ source, rows }: ParquetTable, { from, to }: RowRange): string {
  if (from === 0 && to >= rows) return source;
  return `${source} WHERE file_row_number >= ${from} AND file_row_number < ${to}`;
}

/**
 * Reads the schema of an open Parquet file. INVALID_INPUT if it is damaged, cut short, encrypted or
 * another thing; `what` names it in the message.
 */
export async function openParquet(
  database: LockedDatabase,
  descriptor: number,
  what: string,
): Promise<ParquetTable> {
  const duckdb = await loadDuckDb();
  const { connection } = database;
  const path = sqlText(pathOf(descriptor));
  try {
    const scan = `read_parquet(${path}, hive_partitioning=false)`;
    const empty = await connection.run(`SELECT * FROM ${scan} LIMIT 0`);
    const types = empty.columnTypes();
    const names = await topLevelNames(connection, path);
    const counted = await connection.runAndReadAll(`SELECT num_rows FROM parquet_file_metadata(${path})`);
    const aliases = types.map((_, at) => `c${at}`).join(', ');
    return {
      database,
      what,
      columns: types.map((type, at) => ({
        name: names[at] ?? empty.columnName(at),
        type,
        typeName: String(type),
        kind: columnKind(duckdb, type),
      })),
      rows: Number(counted.value(0, 0)),
      source: `${scan} AS t(${aliases})`,
    };
  } catch (error) {
    throw asTableError(error, what);
  }
}

/** The names of the columns themselves; those of nested fields follow their column in the schema. */
async function topLevelNames(connection: DuckDBConnection, path: string): Promise<string[]> {
  const schema = await connection.runAndReadAll(
    `SELECT name, coalesce(num_children, 0)::INTEGER FROM parquet_schema(${path})`,
  );
  const nodes = schema.getRows() as [string, number][];
  const names: string[] = [];
  // The first node is the root.
  let at = 1;
  const skip = (): void => {
    const children = nodes[at++]?.[1] ?? 0;
    for (let child = 0; child < children; child++) skip();
  };
  while (at < nodes.length) {
    names.push(nodes[at]?.[0] ?? '');
    skip();
  }
  return names;
}
