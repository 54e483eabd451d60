import type { ComparedMetric, EvaluationTask, MetricValue } from '../core/measurements/evaluation.ts';
import type { Digest } from '../core/versions/artifact.ts';
import type { ModelName } from '../core/versions/reference.ts';
import type { Version } from '../core/versions/version.ts';
import type { ColumnImportance } from './importance.ts';
import type { Intervals } from './intervals.ts';
import type { CalibrationBin } from './metrics/calibration.ts';
import type { ClassMetrics } from './metrics/classification.ts';
import type { ResidualHistogram } from './metrics/residual-histogram.ts';
import type { RocCurve } from './metrics/roc-curve.ts';
import type { Slice } from './slices.ts';

/** A class, as JSON has it: `0`, `true` or `"cat"`. */
export type Label = string | number | boolean;

/** The file that a version was evaluated on, and what became of its rows. */
export interface EvaluationData {
  /** Base name; null: standard input. */
  file: string | null;
  digest: Digest;
  /** The column of the right answers. */
  target: string;
  rows: number;
  /** Rows without a target, which are left out. */
  missingTarget: number;
  /** Rows that the model cannot take, which are left out. */
  rejected: number;
}

/** Groups of rows by the values of a column, worst first. */
export interface SliceReport {
  column: string;
  /** The metric of the groups. */
  metric: string;
  groups: Slice[];
  /** Groups that are not listed, and their rows. */
  omitted: { groups: number; rows: number };
}

export interface ImportanceReport {
  metric: string;
  seed: number;
  /** Permutations of each column. */
  repeats: number;
  /** Rows that were permuted. */
  rows: number;
  /** Most important first. */
  columns: ColumnImportance[];
}

/** What is stored of an evaluation. */
export interface EvaluationReport {
  task: EvaluationTask;
  data: EvaluationData;
  /** Name of the data set; null: none. */
  as: string | null;
  /** The time that the data is of, ISO 8601; null: not given. */
  asOf: string | null;
  /** Rows that the metrics are of. */
  rows: number;
  /** Names of the model's outputs that were evaluated. */
  outputs: { label: string | null; probability: string | null; prediction: string | null };
  metrics: Record<string, MetricValue>;
  undefinedMetrics: Record<string, string>;
  intervals: Intervals;
  /** Null: there are not just two classes. */
  positive: Label | null;
  /** These are null for numbers; the others are in the order of `labels`. */
  labels: Label[] | null;
  classes: (Omit<ClassMetrics, 'label'> & { label: Label })[] | null;
  confusion: number[][] | null;
  calibration: CalibrationBin[] | null;
  slices: SliceReport[];
  importance: ImportanceReport | null;
}

/** What only a report shows: too large to be stored. */
export interface EvaluationPlots {
  /** Of the positive class, or of each. */
  curves: RocCurve[];
  residuals: (ResidualHistogram & { points: [target: number, predicted: number][] }) | null;
}

/** What is stored, as a measurement of a version and as an event. */
export interface Saved {
  id: string;
  event: number;
}

export interface EvaluateResult extends EvaluationReport, EvaluationPlots {
  ref: string;
  name: ModelName;
  version: Version;
  digest: Digest;
  /** The file of rejected rows; null: none. */
  rejects: string | null;
  /** Null: not saved. */
  saved: Saved | null;
  seed: number;
  warnings: string[];
}

/** What is stored of a comparison. */
export interface ComparisonReport {
  task: EvaluationTask;
  data: EvaluationData;
  rows: number;
  baseline: { ref: string; digest: string };
  candidate: { ref: string; digest: string };
  metrics: (ComparedMetric & { method: string })[];
  /** Why a metric that both have is not compared. */
  untested: Record<string, string>;
  seed: number;
}

export interface CompareOnDataResult extends ComparisonReport {
  /** The file of rows that one of them rejects; null: none. */
  rejects: string | null;
  /** Null: not saved. */
  saved: Saved | null;
  warnings: string[];
}
