import type { ColumnSummary, ColumnType } from '../core/measurements/profile.ts';
import type { DistinctSketch } from './distinct-sketch.ts';
import type { Moments } from './moments.ts';
import type { OrderStatistics } from './order-statistics.ts';

/** The types that `--type` takes: those of columns, and to leave a column out. */
export const askedTypes = ['numeric', 'categorical', 'datetime', 'text', 'ignore'] as const;
export type AskedType = (typeof askedTypes)[number];

/** All that is known of a column. States of parts of the same data can be merged. */
export interface ColumnState {
  name: string;
  values: ColumnSummary['values'];
  /** Somebody said so; null: by the values. */
  asked: Exclude<AskedType, 'ignore'> | null;
  missing: number;
  infinite: number;
  invalid: number;
  /** Null: redacted, and of several parts. */
  distinct: number | null;
  distinctIsExact: boolean;
  /** To estimate `distinct` of several parts; null: redacted. */
  sketch: DistinctSketch | null;
  /** Of numbers and times. */
  numbers: NumberFacts | null;
  texts: TextFacts | null;
  redacted: boolean;
  /** The type of a redacted column, which cannot be told from what is left; else null. */
  typeBefore: ColumnType | null;
  /** Values of a redacted column. */
  countBefore: number;
}

export interface NumberFacts {
  integer: boolean;
  moments: Moments;
  order: OrderStatistics;
}

export interface TextFacts {
  count: number;
  /** How often each text occurs; null: too many of them are distinct, so that none is kept. */
  categories: Map<string, number> | null;
  /** Rows whose text is not among them. */
  others: number;
}

/** Rows with a value. */
export function countOf({ numbers, texts, countBefore }: ColumnState): number {
  return numbers?.moments.n ?? texts?.count ?? countBefore;
}
