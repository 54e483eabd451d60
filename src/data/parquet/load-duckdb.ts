import { MlregError } from '../../core/errors.ts';

export type DuckDb = typeof import('@duckdb/node-api');

/**
 * Loads DuckDB, 70 MB of native code, which only Parquet needs. NOT_FOUND, saying what to install,
 * if it is not there or does not load.
 */
export async function loadDuckDb(): Promise<DuckDb> {
  try {
    return await import('@duckdb/node-api');
  } catch (cause) {
    const why = (cause as Error).message.split('\n', 1)[0] ?? '';
    throw new MlregError(
      'NOT_FOUND',
      `Parquet needs DuckDB, which is not installed or failed to load: ${why}`,
      {
        hint: 'npm install -g --ignore-scripts @duckdb/node-api  (omit -g if mlreg was installed without it), or use CSV',
        cause,
      },
    );
  }
}
