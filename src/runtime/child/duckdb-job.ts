import type { JobKind, RunJob } from '../job-kind.ts';

export interface DuckDbAnswer {
  /** Such as `v1.5.6`. */
  duckdb: string;
}

/**
 * Loads DuckDB, which reads and writes Parquet, and nothing else. An error means that it is not
 * there, or does not load.
 */
export const duckDbJob: JobKind<null, never, DuckDbAnswer> = { name: 'duckdb' };

export const run: RunJob<typeof duckDbJob> = async () => {
  const { version } = await import('@duckdb/node-api');
  return { duckdb: version() };
};
