import type { Both, Correction, DriftFinding, DriftMethod } from '../core/measurements/drift.ts';
import type { Digest } from '../core/versions/artifact.ts';
import type { ModelName } from '../core/versions/reference.ts';
import type { Version } from '../core/versions/version.ts';
import type { KsMode } from '../stats/kolmogorov-smirnov.ts';

/** What one side of a column looks like. Numbers of datetimes are epoch milliseconds. */
export interface SideSummary {
  /** Rows with a value that is compared. */
  count: number;
  distinct: number;
  mean: number | null;
  /** Of the population. */
  std: number | null;
  min: number | null;
  max: number | null;
  /** By share, such as `0.25`. */
  quantiles: Record<string, number> | null;
}

export interface TestResult {
  /** Null: infinite. */
  statistic: number | null;
  pvalue: number;
}

/** All that was computed of a column, whichever decided; null: it does not apply. */
export interface DriftMeasures {
  ks: (TestResult & { mode: KsMode }) | null;
  wasserstein: number | null;
  psi: number;
  /** By ten bins between the reference's deciles. */
  psiDeciles: number | null;
  kl: number;
  js: number;
  hellinger: number;
  chi2: (TestResult & { df: number }) | null;
  z: TestResult | null;
}

/** `values`: one bin a value. `equal`: as many bins of equal width as asked for. */
export type BinRule = 'sturges' | 'deciles' | 'equal' | 'values';

export interface ColumnDrift {
  name: string;
  type: 'numeric' | 'categorical' | 'datetime';
  method: DriftMethod;
  /** What the method computes: D, χ², z, or the distance. Null: infinite. */
  statistic: number | null;
  /** Null: the method is a distance. */
  pvalue: number | null;
  /** The p-value after the correction; null: there is none. */
  adjusted: number | null;
  threshold: number;
  drifted: boolean;
  /** How much of a shift it is by the classic limits of PSI, 0.1 and 0.25. */
  shift: 'none' | 'moderate' | 'major';
  missing: Both;
  infinite: Both;
  /** Cells that are not of the column's type. */
  invalid: Both;
  bins: { rule: BinRule; count: number };
  measures: DriftMeasures;
  reference: SideSummary;
  live: SideSummary;
  /** Counts between edges; null: categorical. */
  histogram: { edges: number[]; reference: number[]; live: number[] } | null;
  /** The most frequent values of either side; null: not categorical. */
  categories: { value: string; reference: number; live: number }[] | null;
}

/** A column that was not compared. */
export interface SkippedColumn {
  name: string;
  reason: string;
}

export interface DriftSource {
  /** Base name; null: standard input. */
  file: string | null;
  digest: Digest;
  rows: number;
}

/** What is stored of a comparison. */
export interface DriftReport {
  /** `error`: how far shares of its rows can be off, of a profile; null: it is data. */
  reference: DriftSource & { kind: 'data' | 'profile'; error: number | null };
  live: DriftSource;
  /** Whether the data has moved. */
  drifted: boolean;
  /** Whether the share of drifted columns reaches its limit. */
  datasetDrift: boolean;
  driftedColumns: number;
  judgedColumns: number;
  /** Null: no column could be judged. */
  share: number | null;
  /** The data set drifts when this share of its columns does. */
  shareThreshold: number;
  correction: Correction | null;
  bins: string;
  columns: ColumnDrift[];
  skipped: SkippedColumn[];
  findings: DriftFinding[];
  /** The columns that fill the model's inputs; null: unknown, or it is no ONNX model. */
  inputs: string[] | null;
}

export interface DriftResult extends DriftReport {
  ref: string;
  name: ModelName;
  version: Version;
  digest: Digest;
  /** What is stored, as a measurement of a version and as an event; null: not saved. */
  saved: { id: string; event: number } | null;
  warnings: string[];
}
