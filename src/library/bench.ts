import { benchVersion, type BenchResult } from '../bench/run/bench-version.ts';
import { listBenches, type BenchList } from '../bench/report/list-benches.ts';
import { checkAxes, type Axis } from '../bench/plan/matrix-axes.ts';
import type { MatrixResult } from '../bench/report/matrix-result.ts';
import { scenarios, type Scenario } from '../bench/plan/plan-load.ts';
import { planBench, type BenchOptions as PlanOptions } from '../bench/plan/plan.ts';
import { recheckBench } from '../bench/report/recheck.ts';
import type { BenchProgress } from '../bench/report/result.ts';
import { benchMatrix, type MatrixProgress } from '../bench/run/run-matrix.ts';
import { storedBench, type StoredRun } from '../bench/report/stored-bench.ts';
import { MlregError } from '../core/errors.ts';
import { quote } from '../core/text/quote.ts';
import { parseReference } from '../core/versions/reference.ts';
import type { Registry } from '../registry/registry.ts';
import {
  bytes,
  count,
  filledText,
  milliseconds,
  nothingElse,
  oneOf,
  optional,
  text,
  tolerance,
  type ByteSize,
  type Duration,
} from './values.ts';
import type { PageOptions } from './versions.ts';

export type { BenchList, BenchResult, MatrixResult };
export type { StoredRun as StoredBench };

export interface RecheckOptions {
  /** Gates: limits of these percentiles of the latency. */
  maxP50?: Duration;
  maxP90?: Duration;
  maxP95?: Duration;
  maxP99?: Duration;
  /** Gate of a run with a baseline: at most this much slower; 0.05 is 5%. */
  maxRegression?: number;
  /** Statistic to compare with the baseline. Default: the one that was compared. */
  statistic?: 'p50' | 'p90' | 'p95' | 'p99';
}

export interface BenchOptions {
  /** Size of the first dimension of the inputs. */
  batch?: number;
  /** Sizes of named dimensions (`{ batch: 8 }`), or of inputs (`{ image: [1, 3, 224, 224] }`). */
  shapes?: Record<string, number | number[]>;
  /** Lowest and highest value by input. Default: 0 and 1. */
  ranges?: Record<string, [low: number, high: number]>;
  /** A JSON file or a folder of inputs, in the form of a golden set, used in turn. Default: the inputs of the version's golden set, if it has one. */
  input?: string;
  /** Generate inputs, even if there is a golden set. So do `batch`, `shapes`, `ranges` and `seed`. */
  synthetic?: boolean;
  /** Tolerance of outputs, overriding that of the golden set: atol + rtol · |expected|. */
  atol?: number;
  rtol?: number;
  /** Threads of one inference. Default: the physical cores. */
  threads?: number;
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
  /** Gates: limits of these percentiles of the latency. */
  maxP50?: Duration;
  maxP90?: Duration;
  maxP95?: Duration;
  maxP99?: Duration;
  /** Version to compare with, measured in the same run in alternating blocks. */
  baseline?: string;
  /** Gate: at most this much slower than the baseline; 0.05 is 5%. */
  maxRegression?: number;
  /** Statistic to compare with the baseline. Default: p95. */
  statistic?: 'p50' | 'p90' | 'p95' | 'p99';
  /** Also profile the operators, in a separate session after the timed runs: `report.profile`. */
  profile?: boolean;
  /** Load scenario of MLPerf LoadGen. Default: `single`, or `server` with a rate. */
  scenario?: Scenario;
  /** Average random arrivals per second, for scenario `server`. */
  rate?: number;
  /** Concurrent sessions. Default: 1. */
  concurrency?: number;
  /** Runs per query, for scenario `multi`. Default: 8. */
  samplesPerQuery?: number;
  /** Use ONNX Runtime's default threads and spinning. */
  asDeployed?: boolean;
  /** Give up after this long. */
  timeout?: Duration;
  /** Stop the child above this much memory. */
  memoryLimit?: ByteSize;
  onProgress?: (progress: BenchProgress) => void;
}

/** Of every setting of a grid: what its axes do not vary. By default 3 s and one launch each. */
export interface MatrixOptions extends Omit<
  BenchOptions,
  'baseline' | 'maxRegression' | 'statistic' | 'profile' | 'onProgress'
> {
  onProgress?: (progress: MatrixProgress) => void;
}

export interface BenchMethods {
  /**
   * Measures the latency of an ONNX version on this machine, in a child process with limits, and stores the result with the version. It
   * resolves with any result: check `report.status`, and `report.gates` for the verdicts. Latencies are milliseconds.
   *
   * @example
   * const { report } = await registry.bench('digits@production', { iterations: 500, maxP95: '20ms' });
   * if (report.gates.some(({ verdict }) => verdict !== 'pass')) process.exitCode = 5;
   */
  bench(ref: string, options?: BenchOptions): Promise<BenchResult>;

  /**
   * Measures a version in every combination of settings: `threads`, `batch`, and named dimensions of its inputs. Each is stored as a separate
   * benchmark of the version. `best` has the settings with the highest rate within the limits; it is empty if there is none.
   *
   * @example
   * const { best, cells } = await registry.benchMatrix('digits', { threads: [1, 2], batch: [1, 8, 32] }, { maxP95: '20ms' });
   * console.log(cells[best[0]?.cell ?? 0]?.setting);
   */
  benchMatrix(
    ref: string,
    axes: Readonly<Record<string, readonly number[]>>,
    options?: MatrixOptions,
  ): Promise<MatrixResult>;
  /**
   * The stored runs, newest first: of all models, of all versions of one (a bare name), or of one version. Latencies under different
   * fingerprints cannot be compared. `nextPage` is null on the last page.
   *
   * @example
   * const { benches } = await registry.benches('digits', { limit: 5 });
   */
  benches(ref?: string, options?: PageOptions): Promise<BenchList>;
  /**
   * A stored run as it was measured, with its verdicts then and every latency, by its id or at least its first four digits. Rejects
   * `NOT_FOUND` where there is none, `INVALID_INPUT` where there are several.
   *
   * @example
   * const { report, samples } = await registry.storedBench('3f2a9c10');
   */
  storedBench(id: string): Promise<StoredRun>;
  /**
   * Checks a stored run against other limits, without running or changing anything. `report.gates` has the verdicts.
   *
   * @example
   * const { report } = await registry.recheckBench('3f2a9c10', { maxP95: '15ms' });
   */
  recheckBench(id: string, options: RecheckOptions): Promise<StoredRun>;
}

export function benchMethods(registry: Registry): BenchMethods {
  return {
    async bench(ref, options = {}) {
      const { baseline, onProgress, ...rest } = options;
      if (baseline === undefined && rest.maxRegression !== undefined) {
        throw new MlregError('USAGE', 'maxRegression needs a baseline', {
          hint: "add baseline: 'digits@production'",
        });
      }
      return benchVersion(registry, {
        ref: parseReference(text('ref', ref)),
        baseline: optional(baseline, (other) => parseReference(text('baseline', other))),
        inputFile: rest.input,
        plan: planBench(readOptions('bench', rest)),
        onProgress,
      });
    },
    async benchMatrix(ref, axes, options = {}) {
      const { onProgress, ...rest } = options;
      const { baseline, maxRegression, profile, statistic, ...alone } = rest as BenchOptions;
      nothingElse('benchMatrix', given({ baseline, maxRegression, profile, statistic }));
      return benchMatrix(registry, {
        ref: parseReference(text('ref', ref)),
        axes: checkAxes(Object.entries(axes ?? {}).map(axis)),
        options: readOptions('benchMatrix', alone),
        inputFile: alone.input,
        ...(onProgress === undefined ? {} : { onProgress }),
      });
    },
    async benches(ref, { limit, page, ...rest } = {}) {
      nothingElse('benches', rest);
      return listBenches(registry, {
        ref: optional(ref, (name) => parseReference(text('ref', name))),
        limit: count('limit', limit ?? 50, 1, 10_000),
        page: optional(page, (token) => text('page', token)),
      });
    },
    async storedBench(id) {
      return storedBench(registry, text('id', id));
    },
    async recheckBench(id, { maxP50, maxP90, maxP95, maxP99, maxRegression, statistic, ...rest }) {
      nothingElse('recheckBench', rest);
      return recheckBench(registry, {
        id: text('id', id),
        maxMs: limitsMs({ maxP50, maxP90, maxP95, maxP99 }),
        maxRegression: optional(maxRegression, regression),
        statistic: optional(statistic, (name) => oneOf('statistic', name, statistics)),
      });
    },
  };
}

type Limits = Pick<RecheckOptions, 'maxP50' | 'maxP90' | 'maxP95' | 'maxP99'>;

function limitsMs({ maxP50, maxP90, maxP95, maxP99 }: Limits): PlanOptions['maxMs'] {
  return {
    p50: optional(maxP50, (value) => milliseconds('maxP50', value)),
    p90: optional(maxP90, (value) => milliseconds('maxP90', value)),
    p95: optional(maxP95, (value) => milliseconds('maxP95', value)),
    p99: optional(maxP99, (value) => milliseconds('maxP99', value)),
  };
}

function axis([name, values]: [string, readonly number[]]): Axis {
  return { name, values: Array.isArray(values) ? [...(values as number[])] : [] };
}

/** The options that say something. */
function given(options: object): object {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}

function readOptions(method: string, options: Omit<BenchOptions, 'baseline' | 'onProgress'>): PlanOptions {
  const { batch, threads, iterations, warmup, launches, seed, ...limits } = options;
  const { shapes, ranges, duration, timeout, memoryLimit, ...others } = limits;
  const { input, synthetic, atol, rtol, ...gates } = others;
  const { maxP50, maxP90, maxP95, maxP99, maxRegression, statistic, profile, ...load } = gates;
  const { scenario, rate, concurrency, samplesPerQuery, asDeployed, ...rest } = load;
  nothingElse(method, rest);
  return {
    batch,
    threads,
    iterations,
    warmup,
    launches,
    seed,
    inputFile: optional(input, (path) => filledText('input', path)),
    synthetic,
    tolerance: { ...tolerance('atol', atol), ...tolerance('rtol', rtol) },
    shapes: new Map(
      Object.entries(shapes ?? {}).map(([name, sizes]) => [
        name,
        typeof sizes === 'number' ? [sizes] : sizes,
      ]),
    ),
    ranges: new Map(Object.entries(ranges ?? {}).map(range)),
    durationMs: optional(duration, (value) => milliseconds('duration', value)),
    timeoutMs: optional(timeout, (value) => milliseconds('timeout', value)),
    maxMs: limitsMs({ maxP50, maxP90, maxP95, maxP99 }),
    maxRegression: optional(maxRegression, regression),
    statistic,
    profile,
    scenario: optional(scenario, knownScenario),
    rate,
    concurrency,
    samplesPerQuery,
    asDeployed,
    memoryLimitBytes: optional(memoryLimit, (value) => bytes('memoryLimit', value)),
  };
}

const statistics = ['p50', 'p90', 'p95', 'p99'] as const;

function knownScenario(value: Scenario): Scenario {
  if (scenarios.includes(value)) return value;
  throw new MlregError('INVALID_INPUT', `unknown scenario ${quote(value)}`, {
    hint: `use one of ${scenarios.join(', ')}`,
  });
}

function regression(value: number): number {
  if (Number.isFinite(value) && value >= 0) return value;
  throw new MlregError(
    'INVALID_INPUT',
    `maxRegression must be a fraction of at least 0, not ${quote(String(value))}`,
    {
      hint: 'use for example 0.05 for 5%',
    },
  );
}

function range([name, [low, high]]: [string, [number, number]]): [string, [number, number]] {
  if (Number.isFinite(low) && Number.isFinite(high) && low <= high) return [name, [low, high]];
  throw new MlregError('INVALID_INPUT', `invalid range of ${quote(name)}: ${low} to ${high}`, {
    hint: 'use two finite numbers, the lower one first: { ids: [0, 30521] }',
  });
}
