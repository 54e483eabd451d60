import { fstatSync } from 'node:fs';
import { basename } from 'node:path';
import { MlregError } from '../core/errors.ts';
import { digestOf } from '../core/versions/artifact.ts';
import { type TableKind, tableKindOf } from '../data/table-format.ts';
import { openInput } from '../files/open-input.ts';
import type { TableInput } from '../predict/run-table.ts';
import { fitToKeep, type Profile } from './profile.ts';
import { type ColumnPlan, readTextTable, type TableSource } from './read-table.ts';

/** Hears how many rows and bytes of a table were read; `size`: its bytes, null: unknown. */
export type OnRows = (read: { rows: number; bytes: number; size: number | null }) => void;

export interface ProfileOptions extends Omit<ColumnPlan, 'onProgress'> {
  onRows?: OnRows | undefined;
}

/**
 * Profiles all rows of a table, in memory that does not grow with them. Rejects INVALID_INPUT for a
 * table that is malformed or does not have the named columns, NOT_FOUND if there is no file, INTEGRITY
 * if it is cut short, CONFLICT if it changes meanwhile.
 */
export async function profileTable(
  { path, kind: given, kindFlag }: TableInput,
  { onRows, ...plan }: ProfileOptions,
  signal?: AbortSignal,
): Promise<Profile> {
  const kind: TableKind =
    given ?? (path === null ? { format: 'csv', compression: 'none' } : tableKindOf(path, kindFlag));
  const input = path === null ? null : await openInput(path, signal);
  try {
    const source: TableSource = {
      descriptor: input?.handle.fd ?? 0,
      what: path === null ? 'stdin' : basename(path),
      kind,
      flag: kindFlag,
    };
    const size = input?.size ?? null;
    const onProgress: ColumnPlan['onProgress'] = (read) => {
      signal?.throwIfAborted();
      onRows?.({ ...read, size });
    };
    const read = await readTable(source, { ...plan, onProgress });
    const digest = digestOf(read.sha256);
    return {
      rows: read.rows,
      sources: [{ file: path === null ? null : basename(path), digest, rows: read.rows }],
      columns: fitToKeep(read.columns, plan.redact),
      outputs: null,
    };
  } finally {
    await input?.handle.close();
  }
}

async function readTable(source: TableSource, plan: ColumnPlan) {
  if (source.kind.format !== 'parquet') return readTextTable(source, plan);
  if (!fstatSync(source.descriptor).isFile())
    throw new MlregError('INVALID_INPUT', `${source.what} is a pipe, from which Parquet cannot be read`, {
      hint: 'save it to a file first: its index is at the end',
    });
  // DuckDB is only loaded for Parquet.
  const { readParquetTable } = await import('./read-parquet.ts');
  return readParquetTable(source, plan);
}
