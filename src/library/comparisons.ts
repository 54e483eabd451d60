import { parseReference } from '../core/reference.ts';
import { compare, type CompareResult as Compared } from '../registry/compare.ts';
import type { Registry } from '../registry/registry.ts';
import type { TestResult as Tested } from '../registry/test-result.ts';
import { testVersion } from '../registry/test-version.ts';
import type { Plain } from './plain.ts';
import {
  bytes,
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

export interface TestOptions {
  /** A golden set on disk, in place of the one that is registered with the version. */
  against?: string;
  /** Absolute and relative tolerance: beat what the golden set says itself. */
  atol?: number;
  rtol?: number;
  /** Give up after this long. Default: a minute for each case. */
  timeout?: Duration;
  /** Stop the child above this much memory. */
  memoryLimit?: ByteSize;
}

export interface ComparisonMethods {
  /**
   * Versions side by side: metrics, parameters, signature, data, graph, files, stored latencies. The first is what the others are compared with.
   *
   * @example
   * const { signatures } = await registry.compare('digits@production', 'digits@staging');
   */
  compare(ref: string, ...others: string[]): Promise<CompareResult>;
  /**
   * Runs a version on its golden set, in a child process, and compares the outputs. It resolves whatever was found: look at `verdict`.
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
