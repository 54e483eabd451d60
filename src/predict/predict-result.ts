import type { Device } from '../core/device.ts';
import type { Digest } from '../core/versions/artifact.ts';
import type { ModelName } from '../core/versions/reference.ts';
import type { Version } from '../core/versions/version.ts';

import type { Kept } from './keep-run.ts';

export interface PredictResult {
  ref: string;
  name: ModelName;
  version: Version;
  digest: Digest;
  input: { path: string | null; format: string; size: number; digest: Digest };
  output: { path: string | null; format: string };
  /** The part of the table, such as `2/4`; null: all of it. */
  shard: string | null;
  /** The part was there from an earlier run: nothing was done. */
  resumed: boolean;
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
  device: Device;
  seconds: number;
  onnxruntime: string;
  /** What was kept for labels that come later; null: nothing was asked for. */
  kept: Kept | null;
  /** The event that records the run; null: none does. */
  event: number | null;
  warnings: string[];
}
