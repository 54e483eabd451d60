import type { ProfileSource } from '../core/measurements/profile.ts';
import type { ColumnState } from './column-state.ts';
import { describeColumn, withoutSecrets } from './describe-column.ts';
import type { ProfileSummary } from './profile-result.ts';

/** A profile as it is held in memory. */
export interface Profile {
  rows: number;
  sources: ProfileSource[];
  columns: ColumnState[];
  /** The columns that a version adds to the data; null: none was run. */
  outputs: ColumnState[] | null;
}

export function describeProfile({ rows, sources, columns, outputs }: Profile): ProfileSummary {
  const described = columns.map(describeColumn);
  const ofOutputs = outputs?.map(describeColumn) ?? null;
  const error = [...described, ...(ofOutputs ?? [])].reduce((most, one) => Math.max(most, one.error), 0);
  return { rows, sources, error, columns: described, outputs: ofOutputs };
}

/** Without the values of the columns that somebody wants redacted, and those that are never kept. */
export function fitToKeep(columns: readonly ColumnState[], redact: ReadonlySet<string>): ColumnState[] {
  return columns.map((column) => withoutSecrets(column, redact.has(column.name)));
}
