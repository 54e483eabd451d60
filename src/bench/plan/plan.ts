import type { Device } from '../../core/device.ts';
import { benchNumbers, mostRuns, type Statistic } from '../../core/measurements/bench.ts';
import { MlregError } from '../../core/errors.ts';
import type { Tolerance } from '../../onnx/tensors/compare-tensors.ts';
import type { LimitOptions, MeasureOptions, SingleRunOptions } from './measure-options.ts';
import { type LoadPlan, durationWithin, planLoad, wholeNumber } from './plan-load.ts';

/** The options as `readMeasureOptions` reads them, without defaults. Times in milliseconds. */
export interface BenchOptions
  extends
    Omit<
      MeasureOptions,
      | keyof LimitOptions
      | 'shapes'
      | 'ranges'
      | 'input'
      | 'atol'
      | 'rtol'
      | 'duration'
      | 'timeout'
      | 'memoryLimit'
    >,
    SingleRunOptions {
  /** Sizes of symbolic dimensions, or whole shapes by input name; see `parseShapes`. */
  shapes?: ReadonlyMap<string, readonly number[]> | undefined;
  ranges?: ReadonlyMap<string, readonly [low: number, high: number]> | undefined;
  /** The file or folder of the inputs, if they are not generated. */
  inputFile?: string | undefined;
  /** Overrides the tolerance of the golden set. */
  tolerance?: Partial<Tolerance> | undefined;
  durationMs?: number | undefined;
  timeoutMs?: number | undefined;
  memoryLimitBytes?: number | undefined;
  /** Limits on percentiles. */
  maxMs?: Partial<Record<Statistic, number | undefined>> | undefined;
}

/**
 * The complete settings of a measurement, except for what only the model and the machine know
 * (null: see each field). JSON-safe.
 */
export interface BenchPlan extends LoadPlan {
  seed: number;
  alpha: number;
  launches: number;
  /** Minimum timed milliseconds, a total over all launches; 0 when only the count decides. */
  durationMs: number;
  /** Minimum timed runs, a total over all launches; queries in scenario `multi`. */
  minRuns: number;
  /**
   * Maximum timed runs, a total like `minRuns`. Equal to `minRuns` if `--iterations` alone makes
   * the count exact.
   */
  maxRuns: number;
  /** Warm-up runs per launch; null: until the latency is stable. */
  warmup: number | null;
  batch: number | null;
  shapes: Record<string, number[]>;
  ranges: Record<string, [low: number, high: number]>;
  /** Generate inputs, because of `--synthetic` or of an option that only generated inputs have. */
  synthetic: boolean;
  /** Overrides the golden set's own tolerance. */
  tolerance: Partial<Tolerance>;
  /**
   * Intra-op threads; null: the physical cores this process may use, shared by concurrent sessions.
   */
  threads: number | null;
  /** What runs the model. */
  device: Device;
  /** ONNX Runtime decides about threads and spinning. */
  asDeployed: boolean;
  maxMs: Partial<Record<Statistic, number>>;
  /** `maxMs.p95`, under the name it had when it was the only limit. */
  maxP95Ms: number | null;
  maxRegression: number | null;
  statistic: Statistic;
  /** Also profile the operators. */
  profile: boolean;
  /** Wall-clock limit of the whole measurement. */
  timeoutMs: number;
  /**
   * The duration of an exact count is unknown: unless a limit is given, `timeoutMs` then limits the
   * time without progress.
   */
  timeoutIsStall: boolean;
  /** Limit on the child's resident memory; null: from the size of the model. */
  memoryLimitBytes: number | null;
}

/** A plan with what the machine and the model decide. */
export type ResolvedPlan = BenchPlan & { memoryLimitBytes: number };

const defaults = { seed: 1, alpha: 0.05, launches: 3, durationMs: 10_000, minRuns: 100 };

/**
 * The plan for these options. `--iterations N` alone is the exact number of timed runs; with a
 * duration it is the minimum, and both must be reached. INVALID_INPUT for values out of range.
 */
export function planBench(options: BenchOptions): BenchPlan {
  const { iterations, durationMs, timeoutMs } = options;
  for (const [name, { least, most }] of Object.entries(benchNumbers))
    wholeNumber(`--${name}`, options[name as keyof typeof benchNumbers], least, most);
  wholeNumber('the memory limit', options.memoryLimitBytes, 2 ** 20, Number.MAX_SAFE_INTEGER);
  durationWithin('--duration', durationMs, 1, 24 * 3600e3);
  durationWithin('--timeout', timeoutMs, 100, 7 * 24 * 3600e3);
  for (const [name, ms] of Object.entries(options.maxMs ?? {}))
    durationWithin(`--max-${name}`, ms, 1e-6, 24 * 3600e3);

  const synthetic = wantsSynthetic(options);
  if (options.asDeployed === true && options.threads !== undefined) {
    throw new MlregError('USAGE', '--as-deployed and --threads cannot be used together', {
      hint: 'omit one of them',
    });
  }
  const load = planLoad(options);
  const exact = iterations !== undefined && durationMs === undefined;
  const minTime = exact ? 0 : (durationMs ?? defaults.durationMs);
  const minRuns = iterations ?? defaults.minRuns;
  const { launches = Math.min(defaults.launches, minRuns) } = options;
  if (launches > minRuns) {
    // Some launches would measure nothing.
    throw new MlregError('USAGE', `--launches ${launches} is more than the number of runs, ${minRuns}`, {
      hint: `use at most --launches ${minRuns}, or more --iterations`,
    });
  }
  // Only a schedule is known before the runs are made.
  const longest = load.rate === null ? minTime : Math.max(minTime, (1000 * minRuns) / load.rate);
  const samples = load.samplesPerQuery ?? 1;
  if (minRuns * samples > mostRuns) {
    throw new MlregError(
      'INVALID_INPUT',
      `${minRuns.toLocaleString('en')} queries of ${samples.toLocaleString('en')} samples exceed the limit of ${mostRuns.toLocaleString('en')} runs`,
      { hint: 'lower --iterations or --samples-per-query' },
    );
  }
  return {
    ...load,
    seed: options.seed ?? defaults.seed,
    alpha: defaults.alpha,
    launches,
    durationMs: minTime,
    minRuns,
    maxRuns: exact ? minRuns : Math.floor(mostRuns / samples),
    warmup: options.warmup ?? null,
    batch: options.batch ?? null,
    shapes: Object.fromEntries([...(options.shapes ?? [])].map(([name, sizes]) => [name, [...sizes]])),
    ranges: Object.fromEntries([...(options.ranges ?? [])].map(([name, [low, high]]) => [name, [low, high]])),
    synthetic,
    tolerance: { ...options.tolerance },
    threads: options.threads ?? null,
    device: options.device ?? 'cpu',
    asDeployed: options.asDeployed ?? false,
    maxMs: Object.fromEntries(Object.entries(options.maxMs ?? {}).filter(([, ms]) => ms !== undefined)),
    maxP95Ms: options.maxMs?.p95 ?? null,
    maxRegression: options.maxRegression ?? null,
    statistic: options.statistic ?? 'p95',
    profile: options.profile === true,
    // A comparison with a margin times both models up to four times as long.
    timeoutMs:
      timeoutMs ?? Math.max(60_000, (options.maxRegression === undefined ? 3 : 12) * longest + 30_000),
    timeoutIsStall: exact && timeoutMs === undefined && load.rate === null,
    memoryLimitBytes: options.memoryLimitBytes ?? null,
  };
}

/**
 * The share of one launch in `total` runs or milliseconds; the first launches take the remainder.
 */
export function shareOf(total: number, launches: number, launch: number): number {
  return Math.floor(total / launches) + (launch < total % launches ? 1 : 0);
}

/**
 * Whether to generate inputs. USAGE if inputs would be both read and generated. Reading a file with
 * a seed is allowed, because the seed also sets the order of blocks.
 */
function wantsSynthetic({ inputFile, synthetic, batch, shapes, ranges, seed }: BenchOptions): boolean {
  const asking = [
    ['--synthetic', synthetic === true],
    ['--batch', batch !== undefined],
    ['--shape', (shapes?.size ?? 0) > 0],
    ['--range', (ranges?.size ?? 0) > 0],
  ] as const;
  const first = asking.find(([, given]) => given);
  if (inputFile === undefined) return first !== undefined || seed !== undefined;
  if (first === undefined) return false;
  throw new MlregError('USAGE', `${first[0]} and --input cannot be used together`, {
    hint: 'omit one of them',
  });
}
