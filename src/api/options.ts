/** Types that the options of several methods share. */

export type { ByteSize } from '../core/text/units.ts';
export type { Duration } from '../core/text/units.ts';

export interface ChangeOptions {
  /** Why, for the history. */
  message?: string;
}

export interface MoveOptions extends ChangeOptions {
  /**
   * Only if this version holds the stage now (`1.0.0` or `digits@1.0.0`); `none` or null: only if
   * it is empty. Otherwise rejects `CONFLICT`.
   */
  expect?: string | null;
}

export interface PageOptions {
  /** Page size. Default: 50. */
  limit?: number;
  /** The `nextPage` of the previous page. */
  page?: string;
}
