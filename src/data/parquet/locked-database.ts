import type { DuckDBConnection } from '@duckdb/node-api';
import { MlregError } from '../../core/errors.ts';
import { loadDuckDb } from './load-duckdb.ts';

export interface LockedDatabase {
  connection: DuckDBConnection;
  /** Another one, for a query that may end early: its transaction stays open until it is closed. */
  connect(): Promise<DuckDBConnection>;
  close(): void;
}

/**
 * A database in memory that opens the given files of this process and nothing else: no other file,
 * no network, no extension, no temporary one, whatever the SQL says. One thread keeps the rows in
 * order, and each call of a function has the rows that follow those of the call before.
 */
export async function openLocked(descriptors: readonly number[]): Promise<LockedDatabase> {
  const { DuckDBInstance } = await loadDuckDb();
  const instance = await DuckDBInstance.create(':memory:', {
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
    threads: '1',
    temp_directory: '',
  });
  const connection = await instance.connect();
  // The order matters: each statement takes away what the ones before it needed.
  const allowed = descriptors.map((descriptor) => sqlText(pathOf(descriptor))).join(', ');
  await connection.run(`SET allowed_paths=[${allowed}]`);
  await connection.run('SET enable_external_access=false');
  await connection.run('SET lock_configuration=true');
  return {
    connection,
    connect: () => instance.connect(),
    close() {
      connection.closeSync();
      instance.closeSync();
    },
  };
}

/**
 * The path by which DuckDB opens a file that is open here. It is ours, so that no name of a user can
 * hold a glob, a URL or the ending of another format.
 */
export function pathOf(descriptor: number): string {
  if (process.platform === 'linux') return `/proc/self/fd/${descriptor}`;
  if (process.platform !== 'win32') return `/dev/fd/${descriptor}`;
  throw new MlregError('INVALID_INPUT', 'Parquet cannot be read or written on Windows', {
    hint: 'use CSV, or run mlreg in WSL',
  });
}

/** A text as a literal of SQL. */
export function sqlText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** A name as an identifier of SQL. */
export function sqlName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
