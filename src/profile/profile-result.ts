import type { ColumnSummary, ProfileSource } from '../core/measurements/profile.ts';

/** What is told of a profile, without order statistics. */
export interface ProfileSummary {
  rows: number;
  sources: ProfileSource[];
  /** The largest one of the columns. */
  error: number;
  columns: ColumnSummary[];
  outputs: ColumnSummary[] | null;
}

/** That a profile was stored, as a measurement of a version and as an event. */
export interface SavedProfile {
  id: string;
  event: number;
}

export interface ProfileResult extends ProfileSummary {
  /** The version that it is of; null: none. */
  ref: string | null;
  /** The file that it was written to; null: none. */
  output: string | null;
  /** Null: not stored. */
  saved: SavedProfile | null;
  warnings: string[];
}
