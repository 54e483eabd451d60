import type { MetricValue } from '../core/measurements/evaluation.ts';
import type { EvaluationTask } from '../core/measurements/evaluation.ts';
import type { ModelName } from '../core/versions/reference.ts';
import type { Version } from '../core/versions/version.ts';

/** The evaluation of the predictions of a day, or of all. */
export interface FeedbackEvaluation {
  /** The start of the day in UTC, ISO 8601; null: labels without times. */
  asOf: string | null;
  task: EvaluationTask;
  rows: number;
  metrics: Record<string, MetricValue>;
  /** Its measurement. */
  id: string;
  /** False: the same was stored before. */
  changed: boolean;
}

export interface FeedbackResult {
  ref: string;
  name: ModelName;
  version: Version;
  digest: string;
  /** `file`: null for standard input. */
  labels: { file: string | null; digest: string; rows: number };
  /** The columns. */
  key: string;
  label: string;
  /** Keys with a prediction of the version. */
  matched: number;
  /** Keys without one. */
  unknown: number;
  /** The first few of them. */
  unknownKeys: string[];
  /** Keys of which only other versions have predictions. */
  otherVersions: number;
  /** Keys whose prediction was kept longer than it had to be. */
  late: number;
  /** Rows whose key came before: the last one counts. */
  duplicates: number;
  /** Of them, those with another label. */
  contradicting: number;
  /** Rows that are left out. */
  withoutKey: number;
  withoutLabel: number;
  withoutTime: number;
  evaluations: FeedbackEvaluation[];
  warnings: string[];
}
