import { benchVersion, type BenchResult } from '../bench/bench-version.ts';
import { listBenches, type BenchList } from '../bench/list-benches.ts';
import { checkAxes, type Axis } from '../bench/matrix-axes.ts';
import type { MatrixResult } from '../bench/matrix-result.ts';
import { scenarios, type Scenario } from '../bench/plan-load.ts';
import { planBench, type BenchOptions as PlanOptions } from '../bench/plan.ts';
import { recheckBench } from '../bench/recheck.ts';
import type { BenchProgress } from '../bench/result.ts';
import { benchMatrix, type MatrixProgress } from '../bench/run-matrix.ts';
import { storedBench, type StoredRun } from '../bench/stored-bench.ts';
import { MlregError } from '../core/errors.ts';
import { quote } from '../core/quote.ts';
import { parseReference } from '../core/reference.ts';
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
  /** Gates: so many of the runs take at most this long. */
  maxP50?: Duration;
  maxP90?: Duration;
  maxP95?: Duration;
  maxP99?: Duration;
  /** The gate of a run with a baseline: at most so much slower; 0.05 is 5%. */
  maxRegression?: number;
  /** What is compared with the baseline. Default: what was. */
  statistic?: 'p50' | 'p90' | 'p95' | 'p99';
}

export interface BenchOptions {
  /** Size of the first dimension of the inputs. */
  batch?: number;
  /** Sizes of named dimensions (`{ batch: 8 }`), or of whole inputs (`{ image: [1, 3, 224, 224] }`). */
  shapes?: Record<string, number | number[]>;
  /** Lowest and highest value by input. Default: 0 and 1. */
  ranges?: Record<string, [low: number, high: number]>;
  /** A JSON file or a folder of inputs, laid out as a golden set; they take turns. Default: those of the version's golden set, if it has one. */
  input?: string;
  /** Make inputs up, even where there is a golden set. `batch`, `shapes`, `ranges` and `seed` ask for it, too. */
  synthetic?: boolean;
  /** What outputs may differ from those of the golden set, in place of its own tolerance: atol + rtol · |expected|. */
  atol?: number;
  rtol?: number;
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
  /** Gates: so many of the runs take at most this long. */
  maxP50?: Duration;
  maxP90?: Duration;
  maxP95?: Duration;
  maxP99?: Duration;
  /** A version to measure in the same run, in blocks that alternate, and to compare with. */
  baseline?: string;
  /** The gate: at most so much slower than the baseline; 0.05 is 5%. */
  maxRegression?: number;
  /** What is compared with the baseline. Default: p95. */
  statistic?: 'p50' | 'p90' | 'p95' | 'p99';
  /** Also find out what each operator takes, in a session of its own after the timed runs: `report.profile`. */
  profile?: boolean;
  /** How runs follow each other, as MLPerf's LoadGen names it. Default: `single`, or `server` with a rate. */
  scenario?: Scenario;
  /** Runs that become due per second on average, at random; for scenario `server`. */
  rate?: number;
  /** Sessions that run at once. Default: 1. */
  concurrency?: number;
  /** Runs of one query, for scenario `multi`. Default: 8. */
  samplesPerQuery?: number;
  /** Leave threads and their spinning to ONNX Runtime. */
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
   * resolves whatever was found: look at `report.status`, and at `report.gates` for the verdicts. Latencies are milliseconds.
   *
   * @example
   * const { report } = await registry.bench('digits@production', { iterations: 500, maxP95: '20ms' });
   * if (report.gates.some(({ verdict }) => verdict !== 'pass')) process.exitCode = 5;
   */
  bench(ref: string, options?: BenchOptions): Promise<BenchResult>;

  /**
   * Measures a version in every combination of settings: `threads`, `batch`, and named dimensions of its inputs. Each is a bench of its own, stored
   * with the version. `best` has those with the highest rate that keep to the limits; it is empty where none does.
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
   * fingerprints say nothing about each other. `nextPage` is null on the last page.
   *
   * @example
   * const { benches } = await registry.benches('digits', { limit: 5 });
   */
  benches(ref?: string, options?: PageOptions): Promise<BenchList>;
  /**
   * A stored run as it was measured, with the verdicts of then and every latency, by its id or the first four digits of it or more. Rejects
   * `NOT_FOUND` where there is none, `INVALID_INPUT` where there are several.
   *
   * @example
   * const { report, samples } = await registry.storedBench('3f2a9c10');
   */
  storedBench(id: string): Promise<StoredRun>;
  /**
   * Judges a stored run by other thresholds, without running or changing anything. Look at `report.gates` for the verdicts.
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
        throw new MlregError('USAGE', 'maxRegression has nothing to compare with', {
          hint: "name a version: baseline: 'digits@production'",
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
  throw new MlregError('INVALID_INPUT', `the scenario ${quote(value)} is not known`, {
    hint: `use one of ${scenarios.join(', ')}`,
  });
}

function regression(value: number): number {
  if (Number.isFinite(value) && value >= 0) return value;
  throw new MlregError('INVALID_INPUT', `maxRegression is no share from 0 up: ${quote(String(value))}`, {
    hint: '0.05 is 5%',
  });
}

function range([name, [low, high]]: [string, [number, number]]): [string, [number, number]] {
  if (Number.isFinite(low) && Number.isFinite(high) && low <= high) return [name, [low, high]];
  throw new MlregError('INVALID_INPUT', `the range of ${quote(name)} is ${low} to ${high}`, {
    hint: 'give two finite numbers, the lower one first: { ids: [0, 30521] }',
  });
}
