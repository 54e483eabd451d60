import { parseModelName } from '../core/versions/model-name.ts';
import { parseReference } from '../core/versions/reference.ts';
import { parseStageName } from '../core/events/stage.ts';
import { compare, type CompareResult as Compared } from '../registry/inspect/compare.ts';
import { lineage, type Lineage as Family } from '../registry/inspect/lineage.ts';
import type { Registry } from '../registry/registry.ts';
import type { TestResult as Tested } from '../registry/inspect/test-result.ts';
import { testVersion } from '../registry/inspect/test-version.ts';
import { trend, type Trend as Trended } from '../registry/inspect/trend.ts';
import type { Plain } from '../api/plain.ts';
import {
  bytes,
  count,
  filledText,
  milliseconds,
  nothingElse,
  optional,
  text,
  tolerance,
  type ByteSize,
  type Duration,
} from './values.ts';

export type CompareResult = Plain<Compared>;
export type TestResult = Plain<Tested>;
export type Trend = Plain<Trended>;
export type Lineage = Plain<Family>;

export interface TestOptions {
  /** A golden set on disk, instead of the registered one. */
  against?: string;
  /** Absolute and relative tolerance, overriding those of the golden set. */
  atol?: number;
  rtol?: number;
  /** Give up after this long. Default: a minute for each case. */
  timeout?: Duration;
  /** Stop the child above this much memory. */
  memoryLimit?: ByteSize;
}

export interface TrendOptions {
  /** Default: the most informative metric. */
  metric?: string;
  /** The stage whose holders are marked. Default: the last declared stage. */
  stage?: string;
  /** Number of highest versions. Default: 30. */
  limit?: number;
}

export interface ComparisonMethods {
  /**
   * Two to ten versions side by side: metrics, parameters, signature, data, graph, files, stored latencies. The others are compared with the first.
   *
   * @example
   * const { signatures } = await registry.compare('digits@production', 'digits@staging');
   */
  compare(ref: string, other: string, ...more: string[]): Promise<CompareResult>;
  /**
   * One metric over the versions of a model, lowest first, with the current and past holders of a stage.
   *
   * @example
   * const { points } = await registry.trend('digits', { metric: 'accuracy' });
   */
  trend(name: string, options?: TrendOptions): Promise<Trend>;
  /**
   * Ancestors and descendants of a version.
   *
   * @example
   * const { parents } = await registry.lineage('digits@production');
   */
  lineage(ref: string): Promise<Lineage>;
  /**
   * Runs a version on its golden set, in a child process, and compares the outputs. It resolves with any result; check `verdict`.
   *
   * @example
   * const { verdict } = await registry.test('digits@staging');
   */
  test(ref: string, options?: TestOptions): Promise<TestResult>;
}

export function comparisonMethods(registry: Registry): ComparisonMethods {
  return {
    async compare(...refs) {
      return compare(
        registry,
        refs.map((ref) => parseReference(text('ref', ref))),
      );
    },
    async trend(name, { metric, stage, limit, ...rest } = {}) {
      nothingElse('trend', rest);
      return trend(registry, {
        name: parseModelName(text('name', name)),
        metric: optional(metric, (value) => filledText('metric', value)),
        stage: optional(stage, (word) => parseStageName(text('stage', word))),
        limit: count('limit', limit ?? 30, 1, 1000),
      });
    },
    async lineage(ref) {
      return lineage(registry, parseReference(text('ref', ref)));
    },
    async test(ref, { against, atol, rtol, timeout, memoryLimit, ...rest } = {}) {
      nothingElse('test', rest);
      return testVersion(registry, {
        ref: parseReference(text('ref', ref)),
        against: optional(against, (path) => filledText('against', path)),
        tolerance: { ...tolerance('atol', atol), ...tolerance('rtol', rtol) },
        timeoutMs: optional(timeout, (value) => milliseconds('timeout', value)),
        memoryLimitBytes: optional(memoryLimit, (value) => bytes('memoryLimit', value)),
      });
    },
  };
}
