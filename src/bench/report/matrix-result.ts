import type { BenchedVersion } from '../run/bench-version.ts';
import type { BestSetting, Rate } from '../stats/best-setting.ts';
import type { Axis, Setting } from '../plan/matrix-axes.ts';
import type { BenchStatus, GateResult, Percentile, Verdict } from './result.ts';

/** The result of one setting. Null figures: not measured, or too few runs. */
export interface MatrixCell {
  /** The id of the bench stored with the version; null: it could not be stored. */
  id: string | null;
  setting: Setting;
  /** Its place in the order of measurement, from 1. */
  order: number;
  /** Null: ONNX Runtime's default. */
  threads: number | null;
  /** Null: no batch size was chosen. */
  batch: number | null;
  status: BenchStatus;
  /** The error; null for status `ok`. */
  message: string | null;
  /** Milliseconds. */
  p50: Percentile | null;
  p95: Percentile | null;
  p99: Percentile | null;
  /** Timed runs. */
  runs: number | null;
  /** Runs per second. */
  throughput: Rate | null;
  /**
   * Items per second: runs times the batch. Also null if the inputs have no common first dimension.
   */
  items: Rate | null;
  peakRssMb: number | null;
  /** The worst of the gates: fail, then inconclusive; null if no limit was given. */
  verdict: Verdict | null;
  gates: GateResult[];
}

/** The best of the settings with the same sizes, which do the same work per item. */
export interface MatrixBest extends BestSetting {
  /** The sizes of named dimensions; empty if none is an axis. */
  dimensions: Setting;
  by: 'itemsPerSec' | 'throughputPerSec';
  value: number;
}

export interface MatrixResult {
  subject: BenchedVersion;
  axes: Axis[];
  /** Of the order of settings and of the inputs. */
  seed: number;
  /** In the order of the axes, the last one varying fastest. */
  cells: MatrixCell[];
  /**
   * One for each combination of sizes with at least one setting that was measured and kept to the
   * limits.
   */
  best: MatrixBest[];
  warnings: string[];
}
