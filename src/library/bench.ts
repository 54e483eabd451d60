import { benchVersion, type BenchResult } from '../bench/bench-version.ts';
import { planBench } from '../bench/plan.ts';
import type { BenchProgress } from '../bench/result.ts';
import { MlregError } from '../core/errors.ts';
import { quote } from '../core/quote.ts';
import { parseReference } from '../core/reference.ts';
import type { Registry } from '../registry/registry.ts';
import { bytes, milliseconds, nothingElse, optional, text, type ByteSize, type Duration } from './values.ts';

export type { BenchResult };

export interface BenchOptions {
  /** Size of the first dimension of the inputs. */
  batch?: number;
  /** Sizes of named dimensions (`{ batch: 8 }`), or of whole inputs (`{ image: [1, 3, 224, 224] }`). */
  shapes?: Record<string, number | number[]>;
  /** Lowest and highest value by input. Default: 0 and 1. */
  ranges?: Record<string, [low: number, high: number]>;
  /** Threads of one inference. Default: the physical cores. */
  threads?: number;
  /** Measure at least this long in all. Default: 10 s. */
  duration?: Duration;
  /** Exactly so many runs; with `duration`, at least. */
  iterations?: number;
  /** Runs before measuring, per launch. Default: until the latency is stable. */
  warmup?: number;
  /** How many child processes, one after the other. Default: 3. */
  launches?: number;
  /** Of the synthetic inputs. */
  seed?: number;
  /** The gate: 95% of the runs take at most this long. */
  maxP95?: Duration;
  /** Give up after this long. */
  timeout?: Duration;
  /** Stop the child above this much memory. */
  memoryLimit?: ByteSize;
  onProgress?: (progress: BenchProgress) => void;
}

export interface BenchMethods {
  /**
   * Measures the latency of an ONNX version on this machine, in a child process with limits, and stores the result with the version. It
   * resolves whatever was found: look at `report.status`, and at `report.gates` for the verdict on `maxP95`. Latencies are milliseconds.
   *
   * @example
   * const { report } = await registry.bench('digits@production', { iterations: 500, maxP95: '20ms' });
   * if (report.gates.some(({ verdict }) => verdict !== 'pass')) process.exitCode = 5;
   */
  bench(ref: string, options?: BenchOptions): Promise<BenchResult>;
}

export function benchMethods(registry: Registry): BenchMethods {
  return {
    async bench(ref, options = {}) {
      const { batch, threads, iterations, warmup, launches, seed, onProgress, ...limits } = options;
      const { shapes, ranges, duration, timeout, maxP95, memoryLimit, ...rest } = limits;
      nothingElse('bench', rest);
      const plan = planBench({
        batch,
        threads,
        iterations,
        warmup,
        launches,
        seed,
        shapes: new Map(
          Object.entries(shapes ?? {}).map(([name, sizes]) => [
            name,
            typeof sizes === 'number' ? [sizes] : sizes,
          ]),
        ),
        ranges: new Map(Object.entries(ranges ?? {}).map(range)),
        durationMs: optional(duration, (value) => milliseconds('duration', value)),
        timeoutMs: optional(timeout, (value) => milliseconds('timeout', value)),
        maxP95Ms: optional(maxP95, (value) => milliseconds('maxP95', value)),
        memoryLimitBytes: optional(memoryLimit, (value) => bytes('memoryLimit', value)),
      });
      return benchVersion(registry, { ref: parseReference(text('ref', ref)), plan, onProgress });
    },
  };
}

function range([name, [low, high]]: [string, [number, number]]): [string, [number, number]] {
  if (Number.isFinite(low) && Number.isFinite(high) && low <= high) return [name, [low, high]];
  throw new MlregError('INVALID_INPUT', `the range of ${quote(name)} is ${low} to ${high}`, {
    hint: 'give two finite numbers, the lower one first: { ids: [0, 30521] }',
  });
}
