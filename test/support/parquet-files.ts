import { DuckDBInstance } from '@duckdb/node-api';
import { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects, parquetSchema } from 'hyparquet';
import { closeSync, openSync } from 'node:fs';
import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import { openLocked } from '../../src/data/parquet/locked-database.ts';
import { openParquet, type ParquetTable } from '../../src/data/parquet/parquet-table.ts';
import type { Cleanup } from './temp-folder.ts';

/** Writes what a SELECT gives as a Parquet file; `options` as COPY takes them. */
export async function writeParquet(path: string, select: string, options = ''): Promise<void> {
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  // The name of a file that is written is no pattern.
  await connection.run(`COPY (${select}) TO '${path.replaceAll("'", "''")}' (FORMAT parquet${options})`);
  connection.closeSync();
  instance.closeSync();
}

/** Opens a Parquet file as the child does, and a target for what is written. */
export async function openTable(
  test: Cleanup,
  path: string,
  targetPath?: string,
): Promise<{ table: ParquetTable; target: number }> {
  const descriptor = openSync(path, 'r');
  test.after(() => closeSync(descriptor));
  const target = targetPath === undefined ? -1 : openSync(targetPath, 'wx+');
  if (target >= 0) test.after(() => closeSync(target));
  const database = await openLocked(target < 0 ? [descriptor] : [descriptor, target]);
  test.after(() => database.close());
  return { table: await openParquet(database, descriptor, 'in.parquet'), target };
}

/** What another reader of Parquet sees. */
export async function readBack(path: string): Promise<{
  rows: Record<string, unknown>[];
  columns: string[];
  types: Record<string, string>;
  groups: number;
}> {
  const file = await asyncBufferFromFile(path);
  const metadata = await parquetMetadataAsync(file);
  const compressors = {
    ZSTD: (input: Uint8Array) => new Uint8Array(zstdDecompressSync(input)),
    GZIP: (input: Uint8Array) => new Uint8Array(gunzipSync(input)),
  };
  const { children } = parquetSchema(metadata);
  return {
    rows: await parquetReadObjects({ file, metadata, compressors }),
    columns: children.map(({ element }) => element.name),
    types: Object.fromEntries(
      children.map(({ element: { name, type, logical_type, converted_type } }) => [
        name,
        [type, logical_type?.type ?? converted_type].filter(Boolean).join(' '),
      ]),
    ),
    groups: metadata.row_groups.length,
  };
}
