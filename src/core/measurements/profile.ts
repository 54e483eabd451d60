import type { MeasurementKind, Readable } from './measurement.ts';

/**
 * What a column is judged as. An integer column with at most ten distinct values is categorical;
 * `text`: more than half of its texts are distinct, and none of them is kept; `empty`: no value.
 */
export type ColumnType = 'numeric' | 'categorical' | 'datetime' | 'text' | 'empty';

/** Rows in bins: `counts[i]` of `edges[i] <= x < edges[i + 1]`; the last bin has its upper edge, too. */
export interface Histogram {
  edges: number[];
  counts: number[];
}

/** What is known of a column without its order statistics. Numbers of datetimes: epoch milliseconds. */
export interface ColumnSummary {
  name: string;
  type: ColumnType;
  /** How its cells were read. `none`: all are missing. */
  values: 'number' | 'datetime' | 'text' | 'none';
  /** Rows with a value that all else is about. */
  count: number;
  /** Rows without one: empty, NaN, NULL. */
  missing: number;
  /** Infinite numbers, which are left out. */
  infinite: number;
  /** Cells that are no number or time, although the column holds them; left out. */
  invalid: number;
  /** Null: redacted, and merged of several parts. */
  distinct: number | null;
  /** Whether `distinct` is counted; else it is an estimate, off by 2% on average. */
  distinctIsExact: boolean;
  /** Whether all numbers are integers; null: not of numbers. */
  integer: boolean | null;
  mean: number | null;
  /** Of the population: divided by `count`. */
  std: number | null;
  /** The biased ones; kurtosis is 0 for a normal distribution. Null: no spread. */
  skewness: number | null;
  kurtosis: number | null;
  min: number | null;
  max: number | null;
  /** By their share, such as `0.25`, with linear interpolation between values. */
  quantiles: Record<string, number> | null;
  histogram: Histogram | null;
  /** The most frequent values of a categorical column. */
  top: { value: string; count: number }[] | null;
  /** No value of it is kept, because somebody asked for that. */
  redacted: boolean;
  /** How far the share of rows below any value can be from the exact one. 0: exact. */
  error: number;
}

/** Where the rows of a profile come from. */
export interface ProfileSource {
  /** Base name; null: standard input. */
  file: string | null;
  /** SHA-256 of the file's bytes. */
  digest: string;
  rows: number;
}

/**
 * A stored profile of data that a version was trained on, and of what the version answers for it. The
 * order statistics and categories of the columns are the samples of the measurement.
 */
export interface StoredProfile {
  [member: string]: unknown;
  rows: number;
  sources: ProfileSource[];
  /** The largest one of the columns. */
  error: number;
  columns: ColumnSummary[];
  /** The columns that the version adds to the data; null: it was not run. */
  outputs: ColumnSummary[] | null;
}

export const profileKind: MeasurementKind<StoredProfile> = {
  name: 'profile',
  schema: 1,
  read(result): Readable<StoredProfile> {
    if (typeof result !== 'object' || result === null) return { unreadable: 'its result is no object' };
    const { rows, sources, columns, outputs } = result as Record<string, unknown>;
    if (typeof rows !== 'number') return { unreadable: 'its result has no rows' };
    if (!Array.isArray(sources)) return { unreadable: 'its result has no sources' };
    if (!areColumns(columns)) return { unreadable: 'its result has no columns' };
    if (outputs !== null && !areColumns(outputs)) return { unreadable: 'its result has no outputs' };
    return { result: result as StoredProfile };
  },
  summary: ({ rows, columns, outputs, sources }) => ({
    rows,
    columns: columns.length,
    ...(outputs === null ? {} : { outputs: outputs.length }),
    ...(sources.length === 1 ? { data: sources[0]?.digest } : {}),
  }),
};

/** A profile as `show` has it. */
export interface ProfileRecord {
  id: string;
  /** When it was stored, epoch milliseconds. */
  at: number;
  result: StoredProfile;
}

function areColumns(value: unknown): boolean {
  return (
    Array.isArray(value) &&
    value.every((column: unknown) => {
      const { name, type, count } = (column ?? {}) as Record<string, unknown>;
      return typeof name === 'string' && typeof type === 'string' && typeof count === 'number';
    })
  );
}
