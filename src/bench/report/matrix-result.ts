import type { BenchedVersion } from '../run/bench-version.ts';
import type { BestSetting, Rate } from '../stats/best-setting.ts';
import type { Axis, Setting } from '../plan/matrix-axes.ts';
import type { BenchStatus, GateResult, Percentile, Verdict } from './result.ts';

/** What came of one setting. Null figures: it could not be measured, or in too few runs. */
export interface MatrixCell {
  /** Of the bench that is stored with the version; null: it could not be. */
  id: string | null;
  setting: Setting;
  /** When it was measured, from 1. */
  order: number;
  /** Null: as ONNX Runtime has it. */
  threads: number | null;
  /** Null: none was chosen. */
  batch: number | null;
  status: BenchStatus;
  /** What went wrong; null for status `ok`. */
  message: string | null;
  /** Milliseconds. */
  p50: Percentile | null;
  p95: Percentile | null;
  p99: Percentile | null;
  /** Timed ones. */
  runs: number | null;
  /** Runs per second. */
  throughput: Rate | null;
  /**
   * Items per second: runs times the batch. Null also where the inputs have no common first
   * dimension.
   */
  items: Rate | null;
  peakRssMb: number | null;
  /** The worst of the gates: a fail, else what is inconclusive; null: no limit was given. */
  verdict: Verdict | null;
  gates: GateResult[];
}

/**
 * The best of the settings that have the same sizes, and therefore do the same work for an item.
 */
export interface MatrixBest extends BestSetting {
  /** The sizes of named dimensions; empty where none is an axis. */
  dimensions: Setting;
  by: 'itemsPerSec' | 'throughputPerSec';
  value: number;
}

export interface MatrixResult {
  subject: BenchedVersion;
  axes: Axis[];
  /** Of the order and the inputs. */
  seed: number;
  /** In the order of the axes, the last one running fastest. */
  cells: MatrixCell[];
  /**
   * One for each combination of sizes, of which some setting could be measured and kept to the
   * limits.
   */
  best: MatrixBest[];
  warnings: string[];
}
