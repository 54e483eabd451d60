import type { Digest } from '../core/versions/artifact.ts';
import type { ModelName } from '../core/versions/reference.ts';
import type { Version } from '../core/versions/version.ts';

export interface PredictResult {
  ref: string;
  name: ModelName;
  version: Version;
  digest: Digest;
  input: { path: string | null; format: string; size: number; digest: Digest };
  output: { path: string | null; format: string };
  /** Rows that were predicted, and rows that were not. */
  rows: number;
  rejected: number;
  /** The file with the rejected rows. */
  rejects: string | null;
  /** The columns that fill each input of the model. */
  inputs: { name: string; columns: string[] }[];
  /** The columns that the model adds. */
  columns: string[];
  /** Columns of the table that fill no input. */
  unused: string[];
  batch: number;
  workers: number;
  seconds: number;
  onnxruntime: string;
  warnings: string[];
}
