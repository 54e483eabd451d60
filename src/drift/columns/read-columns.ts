import { fstatSync } from 'node:fs';
import { basename } from 'node:path';
import { MlregError } from '../../core/errors.ts';
import { tableKindOf } from '../../data/table-format.ts';
import { openInput } from '../../files/open-input.ts';
import type { TableInput } from '../../predict/run-table.ts';
import type { TableData } from './column-data.ts';
import { type ReadPlan, readTextTable } from './read-text-table.ts';

/**
 * Opens a table for reading its columns one by one. Rejects as `openInput` does, and INVALID_INPUT
 * for a malformed table.
 */
export async function readColumns({ path, kind, kindFlag }: TableInput, plan: ReadPlan): Promise<TableData> {
  const known =
    kind ??
    (path === null ? { format: 'csv' as const, compression: 'none' as const } : tableKindOf(path, kindFlag));
  const input = path === null ? null : await openInput(path, plan.signal);
  const source = {
    descriptor: input?.handle.fd ?? 0,
    what: path ?? 'stdin',
    kind: known,
    flag: kindFlag,
  };
  const file = path === null ? null : basename(path);
  try {
    if (known.format !== 'parquet') {
      const table = await readTextTable(source, plan);
      await input?.handle.close();
      return { ...table, file };
    }
    if (!fstatSync(source.descriptor).isFile())
      throw new MlregError('INVALID_INPUT', `${source.what} is a pipe, from which Parquet cannot be read`, {
        hint: 'save it to a file first: its index is at the end',
      });
    // DuckDB is only loaded for Parquet.
    const { readParquetTable } = await import('./read-parquet.ts');
    const table = await readParquetTable(source, plan);
    return {
      ...table,
      file,
      close() {
        table.close();
        void input?.handle.close();
      },
    };
  } catch (error) {
    await input?.handle.close();
    throw error;
  }
}
