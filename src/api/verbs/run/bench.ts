import { statistics } from '../../../core/measurements/bench.ts';
import * as z from 'zod';
import { devices } from '../../../core/device.ts';
import {
  readLimits,
  readMeasureOptions,
  type ComparisonOptions,
  type LimitOptions,
  type MeasureOptions,
  type SingleRunOptions,
} from '../../../bench/plan/measure-options.ts';
import { checkAxes, type Axis } from '../../../bench/plan/matrix-axes.ts';
import { scenarios } from '../../../bench/plan/plan-load.ts';
import { planBench } from '../../../bench/plan/plan.ts';
import { parseServerUrl } from '../../../bench/plan/server-address.ts';
import { listBenches, type BenchList } from '../../../bench/report/list-benches.ts';
import type { MatrixResult } from '../../../bench/report/matrix-result.ts';
import { recheckBench } from '../../../bench/report/recheck.ts';
import type { BenchProgress } from '../../../bench/report/result.ts';
import { storedBench, type StoredRun } from '../../../bench/report/stored-bench.ts';
import { benchFailure, benchVersion, type BenchResult } from '../../../bench/run/bench-version.ts';
import { benchMatrix, matrixFailure, type MatrixProgress } from '../../../bench/run/run-matrix.ts';
import { MlregError } from '../../../core/errors.ts';
import { benchMatrix as shownMatrix } from '../../../schemas/bench-matrix.ts';
import { benched, benchReport } from '../../../schemas/bench-report.ts';
import { count, nextPage, reference, time, uuid, version } from '../../../schemas/kinds.ts';
import { changing } from '../../../schemas/result.ts';
import type { Call } from '../../call.ts';
import * as given from '../../given.ts';
import type { PageOptions } from '../../options.ts';
import { defineVerb } from '../../verb.ts';

/** @internal */
export {
  benchFailure,
  benchMatrix,
  benchVersion,
  listBenches,
  matrixFailure,
  parseServerUrl,
  planBench,
  readLimits,
  readMeasureOptions,
  recheckBench,
  storedBench,
};
/** @internal */
export { isAxis, parseAxes } from '../../../bench/plan/matrix-axes.ts';
/** @internal */
export { parseShapes } from '../../../onnx/feeds/given-sizes.ts';
/** @internal */
export { parseRanges } from '../../../onnx/feeds/synthesize.ts';

export type { BenchList, BenchResult, MatrixResult };
export type { StoredRun as StoredBench };

export interface RecheckOptions extends LimitOptions, ComparisonOptions {}

export interface BenchOptions extends MeasureOptions, SingleRunOptions {
  /** Version to compare with, measured in the same run in alternating blocks. */
  baseline?: string;
  /**
   * Measure this running server instead of this machine: `http://HOST:PORT` of a server that speaks
   * the Open Inference Protocol, such as `mlreg serve`. It must serve the version.
   */
  url?: string;
  /** The token that the server wants. */
  token?: string;
  onProgress?: (progress: BenchProgress) => void;
}

/**
 * Options for every setting of a grid, except those that its axes vary. By default 3 s and one
 * launch each.
 */
export interface MatrixOptions extends MeasureOptions {
  onProgress?: (progress: MatrixProgress) => void;
}

const limitFields = () => ({
  maxP50: given.duration.optional(),
  maxP90: given.duration.optional(),
  maxP95: given.duration.optional(),
  maxP99: given.duration.optional(),
});

const fraction = 'a fraction of at least 0, such as 0.05 for 5%';
const comparisonFields = () => ({
  maxRegression: z.number({ error: fraction }).nonnegative({ error: fraction }).optional(),
  statistic: given.oneOf(statistics).optional(),
});
/** The ranges of numbers are checked when the plan is made, for flags and options alike. */
const measureFields = () => ({
  batch: given.number.optional(),
  shapes: z.custom<Record<string, number | number[]>>().optional(),
  ranges: z.custom<Record<string, [low: number, high: number]>>().optional(),
  input: given.filledText.optional(),
  synthetic: given.flag,
  ...given.toleranceFields(),
  threads: given.number.optional(),
  device: given.oneOf(devices).optional(),
  duration: given.duration.optional(),
  iterations: given.number.optional(),
  warmup: given.number.optional(),
  launches: given.number.optional(),
  seed: given.number.optional(),
  ...limitFields(),
  scenario: given.oneOf(scenarios).optional(),
  rate: given.number.optional(),
  concurrency: given.number.optional(),
  samplesPerQuery: given.number.optional(),
  asDeployed: given.flag,
  timeout: given.duration.optional(),
  memoryLimit: given.byteSize.optional(),
});

const measured = () =>
  changing('bench', {
    id: uuid.nullable().describe('Id of the stored result; null: not stored'),
    subject: benched,
    baseline: benched.nullable().describe('null: no baseline'),
    ...benchReport.shape,
  });

/** @internal */
export const benchVerb = /* @__PURE__ */ defineVerb({
  name: 'bench',
  input: () =>
    z
      .strictObject({
        ref: given.reference,
        baseline: given.reference.optional(),
        ...measureFields(),
        ...comparisonFields(),
        profile: given.flag,
        url: given.filledText.optional(),
        token: given.filledText.optional(),
        onProgress: given.callback<(progress: BenchProgress) => void>(),
      })
      .transform(({ ref, baseline, url, token, onProgress, ...options }) => {
        if (baseline === undefined && options.maxRegression !== undefined) {
          throw new MlregError('USAGE', 'maxRegression needs a baseline', {
            hint: "add baseline: 'digits@production'",
          });
        }
        const plan = planBench(readMeasureOptions(options));
        const server = url === undefined ? undefined : { url: parseServerUrl(url), token };
        return { ref, baseline, inputFile: options.input, plan, server, onProgress };
      }),
  output: measured,
  run: benchVersion,
});

/** @internal */
export const benchMatrixVerb = /* @__PURE__ */ defineVerb({
  name: 'benchMatrix',
  input: () =>
    z
      .strictObject({
        ref: given.reference,
        axes: z.custom<Readonly<Record<string, readonly number[]>>>().transform(asAxes),
        ...measureFields(),
        onProgress: given.callback<(progress: MatrixProgress) => void>(),
      })
      .transform(({ ref, axes, onProgress, ...options }) => ({
        ref,
        axes,
        inputFile: options.input,
        options: readMeasureOptions(options),
        onProgress,
      })),
  output: () => changing('bench', { subject: benched, matrix: shownMatrix }),
  run: benchMatrix,
});

function asAxes(axes: Readonly<Record<string, readonly number[]>>): Axis[] {
  return checkAxes(
    Object.entries(axes ?? {}).map(([name, values]) => ({
      name,
      values: Array.isArray(values) ? [...(values as number[])] : [],
    })),
  );
}

const figure = () =>
  z.strictObject({ value: z.number(), low: z.number().nullable(), high: z.number().nullable() }).nullable();

/** @internal */
export const benchesVerb = /* @__PURE__ */ defineVerb({
  name: 'benches',
  input: () => z.strictObject({ ref: given.reference.optional(), ...given.pageFields(10_000) }),
  output: () =>
    changing('bench', {
      benches: z
        .array(
          z.strictObject({
            id: uuid,
            at: time,
            ref: reference,
            version,
            mode: z.string().describe('ab: compared with a baseline in the same run'),
            scenario: z.string().describe('Load scenario; single: sequential'),
            batch: count.nullable().describe('Batch size; null: not set'),
            rate: z.number().nullable().describe('Arrivals per second; null: closed loop'),
            concurrency: count.describe('Concurrent sessions'),
            status: z.string().describe('ok, or how the run failed'),
            latencyMs: z
              .strictObject({ n: count.describe('Number of timed runs'), p50: figure(), p95: figure() })
              .nullable()
              .describe('null: nothing was measured'),
            verdict: z
              .enum(['pass', 'fail', 'inconclusive'])
              .nullable()
              .describe('Combined verdict of the gates; null: no gates'),
            baseline: reference.nullable(),
            fingerprint: z.string().describe('Compare only equal fingerprints'),
            machine: z.string().nullable().describe('The fingerprint in words'),
          }),
        )
        .describe('Newest first'),
      nextPage,
    }),
  run: listBenches,
});

/** @internal */
export const storedBenchVerb = /* @__PURE__ */ defineVerb({
  name: 'storedBench',
  input: () => z.strictObject({ id: given.text }),
  output: measured,
  run: (registry, { id }) => storedBench(registry, id),
});

/** @internal */
export const recheckBenchVerb = /* @__PURE__ */ defineVerb({
  name: 'recheckBench',
  input: () =>
    z
      .strictObject({ id: given.text, ...limitFields(), ...comparisonFields() })
      .transform(({ id, maxRegression, statistic, ...limits }) => ({
        id,
        maxRegression,
        statistic,
        maxMs: readLimits(limits),
      })),
  output: measured,
  run: recheckBench,
});

export interface BenchMethods {
  /**
   * Measures the latency of an ONNX version on this machine, in a child process with limits, and
   * stores the result with the version. It resolves with any result: check `report.status`, and
   * `report.gates` for the verdicts. Latencies are milliseconds.
   *
   * @example
   * const { report } = await registry.bench('digits@production', { iterations: 500, maxP95: '20ms' });
   * if (report.gates.some(({ verdict }) => verdict !== 'pass')) process.exitCode = 5;
   */
  bench(ref: string, options?: BenchOptions): Promise<BenchResult>;

  /**
   * Measures a version in every combination of settings: `threads`, `batch`, and named dimensions
   * of its inputs. Each is stored as a separate benchmark of the version. `best` has the settings
   * with the highest rate within the limits; it is empty if there is none.
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
   * The stored runs, newest first: of all models, of all versions of one (a bare name), or of one
   * version. Latencies under different fingerprints cannot be compared. `nextPage` is null on the
   * last page.
   *
   * @example
   * const { benches } = await registry.benches('digits', { limit: 5 });
   */
  benches(ref?: string, options?: PageOptions): Promise<BenchList>;
  /**
   * A stored run as it was measured, with its verdicts at that time and every latency, by its id or
   * at least its first four digits. Rejects `NOT_FOUND` if no run matches, `INVALID_INPUT` if
   * several do.
   *
   * @example
   * const { report, samples } = await registry.storedBench('3f2a9c10');
   */
  storedBench(id: string): Promise<StoredRun>;
  /**
   * Checks a stored run against other limits, without running or changing anything. `report.gates`
   * has the verdicts.
   *
   * @example
   * const { report } = await registry.recheckBench('3f2a9c10', { maxP95: '15ms' });
   */
  recheckBench(id: string, options: RecheckOptions): Promise<StoredRun>;
}

/** @internal */
export const benchMethods = (call: Call): BenchMethods => ({
  bench: (ref, options) => call(benchVerb, { ref }, options),
  benchMatrix: (ref, axes, options) => call(benchMatrixVerb, { ref, axes }, options),
  benches: (ref, options) => call(benchesVerb, { ref }, options),
  storedBench: (id) => call(storedBenchVerb, { id }, {}),
  recheckBench: (id, options) => call(recheckBenchVerb, { id }, options),
});
