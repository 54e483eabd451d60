import type { Device } from '../../core/device.ts';
import type { Statistic } from '../../core/measurements/bench.ts';
import { parseByteSize, type ByteSize, parseDuration, type Duration } from '../../core/text/units.ts';
import { MlregError } from '../../core/errors.ts';
import { quote } from '../../core/text/quote.ts';
import type { LoadOptions } from './plan-load.ts';
import type { BenchOptions } from './plan.ts';

/** Limits for a new run, or for a stored run that is judged again. */
export interface LimitOptions {
  /** Gates: limits on these percentiles of the latency. */
  maxP50?: Duration;
  maxP90?: Duration;
  maxP95?: Duration;
  maxP99?: Duration;
}

/** Options of a comparison with a baseline; a grid of settings has none of them. */
export interface ComparisonOptions {
  /** Gate of a run with a baseline: at most this much slower; 0.05 is 5%. */
  maxRegression?: number;
  /**
   * Statistic to compare with the baseline. Default: p95; for a stored run, the statistic that was
   * compared.
   */
  statistic?: Statistic;
}

/** How a version is measured: the flags of the command and the options of the library. */
export interface MeasureOptions extends LimitOptions, LoadOptions {
  /** Size of the first dimension of the inputs. */
  batch?: number;
  /** Sizes of named dimensions (`{ batch: 8 }`), or of inputs (`{ image: [1, 3, 224, 224] }`). */
  shapes?: Record<string, number | number[]>;
  /** Lowest and highest value by input. Default: 0 and 1. */
  ranges?: Record<string, [low: number, high: number]>;
  /**
   * A JSON file or a folder of inputs, in the form of a golden set, used in turn. Default: the
   * inputs of the version's golden set, if it has one.
   */
  input?: string;
  /**
   * Generate inputs, even if there is a golden set. So do `batch`, `shapes`, `ranges` and `seed`.
   */
  synthetic?: boolean;
  /** Tolerance of outputs, overriding that of the golden set: atol + rtol · |expected|. */
  atol?: number;
  rtol?: number;
  /** Threads of one inference. Default: the physical cores. */
  threads?: number;
  /** What runs the model; `cuda` where ONNX Runtime has it. Default: cpu. */
  device?: Device;
  /** Minimum total measuring time. Default: 10 s. */
  duration?: Duration;
  /** Number of runs; with `duration`, the minimum. */
  iterations?: number;
  /** Runs before measuring, per launch. Default: until the latency is stable. */
  warmup?: number;
  /** Number of child processes, run one after another. Default: 3. */
  launches?: number;
  /** Seed of synthetic inputs. */
  seed?: number;
  /** Use ONNX Runtime's default threads and spinning. */
  asDeployed?: boolean;
  /** Give up after this long. */
  timeout?: Duration;
  /** Stop the child above this much memory. */
  memoryLimit?: ByteSize;
}

/** Options of a single run that the settings of a grid do not have. */
export interface SingleRunOptions extends ComparisonOptions {
  /** Also profile the operators, in a separate session after the timed runs: `report.profile`. */
  profile?: boolean;
}

/**
 * Parses the options for a plan, without defaults. INVALID_INPUT for values that cannot be parsed.
 */
export function readMeasureOptions(options: MeasureOptions & SingleRunOptions): BenchOptions {
  const { maxP50, maxP90, maxP95, maxP99, input, atol, rtol, shapes, ranges, ...others } = options;
  const { duration, timeout, memoryLimit, ...rest } = others;
  return {
    ...rest,
    inputFile: input,
    tolerance: { ...(atol === undefined ? {} : { atol }), ...(rtol === undefined ? {} : { rtol }) },
    shapes: new Map(Object.entries(shapes ?? {}).map(([name, sizes]) => [name, [sizes].flat()])),
    ranges: new Map(Object.entries(ranges ?? {}).map(checkRange)),
    durationMs: milliseconds(duration),
    timeoutMs: milliseconds(timeout),
    memoryLimitBytes: typeof memoryLimit === 'string' ? parseByteSize(memoryLimit) : memoryLimit,
    maxMs: readLimits({ maxP50, maxP90, maxP95, maxP99 }),
  };
}

/** The limits in milliseconds, by percentile. */
export function readLimits({ maxP50, maxP90, maxP95, maxP99 }: LimitOptions) {
  return {
    p50: milliseconds(maxP50),
    p90: milliseconds(maxP90),
    p95: milliseconds(maxP95),
    p99: milliseconds(maxP99),
  };
}

function milliseconds(given: Duration | undefined): number | undefined {
  return typeof given === 'string' ? parseDuration(given) : given;
}

function checkRange([name, [low, high]]: [string, [number, number]]): [string, [number, number]] {
  if (Number.isFinite(low) && Number.isFinite(high) && low <= high) return [name, [low, high]];
  throw new MlregError('INVALID_INPUT', `invalid range of ${quote(name)}: ${low} to ${high}`, {
    hint: 'use two finite numbers, the lower one first: { ids: [0, 30521] }',
  });
}
