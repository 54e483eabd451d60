import type { MeasurementKind, Readable } from './measurement.ts';

export const driftMethods = ['ks', 'wasserstein', 'psi', 'kl', 'js', 'hellinger', 'chi2', 'z'] as const;
/** How two sides of a column are compared. */
export type DriftMethod = (typeof driftMethods)[number];

/** How p-values are corrected for being many: `bh` bounds the share of false ones, the others any. */
export const corrections = ['holm', 'bonferroni', 'bh'] as const;
export type Correction = (typeof corrections)[number];

/** A number of something in the reference, and in the live data. */
export type Both<Value = number> = [reference: Value, live: Value];

export const findingKinds = [
  'missing-column',
  'new-column',
  'retyped',
  'empty',
  'inputs',
  'missing-values',
  'infinite',
  'invalid',
  'new-categories',
  'gone-categories',
  'range',
  'unit',
  'approximate',
] as const;

/** What is odd about a column besides its distribution. */
export interface DriftFinding {
  kind: (typeof findingKinds)[number];
  /** Null: it is about the whole table. */
  column: string | null;
  /** A plain sentence. */
  message: string;
  /** The model cannot work as it should: this alone is drift, whatever the share of columns. */
  serious: boolean;
}

/**
 * A stored comparison of live data with what a version was trained on. Other members are described in
 * `schemas/drift-report.ts`.
 */
export interface StoredDrift {
  [member: string]: unknown;
  /** Share of the judged columns that drifted; null: none could be judged. */
  share: number | null;
  driftedColumns: number;
  judgedColumns: number;
  /** Whether the share or a serious finding says that the data has moved. */
  drifted: boolean;
  live: { file: string | null; digest: string; rows: number };
}

export const driftKind: MeasurementKind<StoredDrift> = {
  name: 'drift',
  schema: 1,
  read(result): Readable<StoredDrift> {
    if (typeof result !== 'object' || result === null) return { unreadable: 'its result is no object' };
    const { share, driftedColumns, judgedColumns, drifted, live } = result as Record<string, unknown>;
    if (share !== null && typeof share !== 'number') return { unreadable: 'its result has no share' };
    if (typeof driftedColumns !== 'number' || typeof judgedColumns !== 'number')
      return { unreadable: 'its result has no columns' };
    if (typeof drifted !== 'boolean') return { unreadable: 'its result has no verdict' };
    if (typeof live !== 'object' || live === null) return { unreadable: 'its result has no live data' };
    return { result: result as StoredDrift };
  },
  summary: ({ share, drifted, driftedColumns, judgedColumns, live }) => ({
    drifted,
    share,
    driftedColumns,
    judgedColumns,
    data: live.digest,
  }),
};
