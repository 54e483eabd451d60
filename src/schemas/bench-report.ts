import { devices } from '../core/device.ts';
import { statistics } from '../core/measurements/bench.ts';
import * as z from 'zod';
import { benchGate } from './gate.ts';
import { benchInput, chosenTolerance, outputsCheck, ranges, shapes } from './bench-outputs.ts';
import { count, digest, reference, texts, version } from './kinds.ts';
import { hostDrift, hostFacts, load } from './bench-host.ts';
import { operatorProfile } from './operator-profile.ts';

const ms = z.number().nonnegative();

export const percentile = z
  .strictObject({
    value: ms,
    low: ms.nullable().describe('Lower end of the 95% interval; null: too few samples'),
    high: ms.nullable(),
    method: z.enum(['order-statistics', 'block-bootstrap']),
  })
  .meta({ id: 'Percentile', description: 'Milliseconds' });

const orTooFew = percentile.nullable().describe('null: too few samples');

const latency = z
  .strictObject({
    n: count.describe('Number of timed runs'),
    mean: ms,
    min: ms,
    max: ms,
    p50: orTooFew,
    p90: orTooFew,
    p95: orTooFew,
    p99: orTooFew,
    p999: orTooFew.describe('p99.9'),
    lag1: z.number().nullable().describe('Lag-1 autocorrelation of the runs'),
    lag1Sign: z.number().nullable().describe('Lag-1 autocorrelation of the sign around the median'),
    outliers: z.strictObject({ mild: count, severe: count }).describe('Number of outliers (not removed)'),
    harnessFloorUs: z.number().describe('Timer overhead: microseconds reported for an empty run'),
  })
  .meta({ id: 'Latency', description: 'Milliseconds' });

const statistic = z.enum(statistics);

const comparison = z
  .strictObject({
    stat: statistic,
    ratio: z.number().nullable().describe('Ratio of version to baseline; null: too few runs'),
    low: z.number().nullable().describe('Lower end of the interval at the level of one look; null: unknown'),
    high: z.number().nullable(),
    margin: z.number().nullable().describe('Allowed increase: 0.05 is 5%'),
    look: count.describe('Look at which the comparison ended, from 1'),
    minimumDetectable: z.number().nullable().describe('Smallest detectable increase'),
    baselineLatencyMs: latency,
    baselineOutputs: outputsCheck.optional().describe('Check of the baseline against its own golden set'),
  })
  .meta({ id: 'BenchComparison', description: 'Comparison with a baseline in the same run' });

const open = z
  .strictObject({
    ...load,
    scheduled: count.describe('Number of scheduled runs'),
    completed: count,
    unfinished: count.describe('Runs that never started; they count as at least this late'),
    achievedRate: z.number().describe('Runs completed per second'),
    response: latency.nullable().describe('Response time from arrival to completion; null: no queue'),
    service: latency.describe('Service time of a run'),
    sendLagP99Ms: ms
      .nullable()
      .describe(
        'Scheduling delay: from the time a run was due with a free worker to its start; null: no arrivals',
      ),
    utilisation: z
      .number()
      .nullable()
      .describe('Utilization; from 1 the workers cannot keep up; null: no rate'),
    waitingAtEnd: count.nullable().describe('Runs waiting when the last run arrived'),
    saturated: z.boolean().describe('True if the queue kept growing; latency gates then fail'),
    reason: z.string().nullable().describe('Reason for saturation; null: not saturated'),
  })
  .meta({ id: 'BenchLoad', description: 'A measurement under a load' });

const warmup = z.strictObject({
  runs: count,
  ms,
  stable: z.boolean().nullable().describe('null: the number of runs was fixed'),
});

const launch = z
  .strictObject({
    createMs: ms,
    firstRunMs: ms,
    warmup,
    runs: count,
    p50Ms: ms,
    timedMs: ms,
    peakRssMb: z.number(),
  })
  .meta({ id: 'BenchLaunch', description: 'One child process' });

const plan = z
  .strictObject({
    // Absent in benches stored before loads existed.
    scenario: load.scenario.optional(),
    rate: load.rate.optional(),
    concurrency: load.concurrency.optional(),
    samplesPerQuery: load.samplesPerQuery.optional(),
    device: z.enum(devices).optional().describe('What ran the model; absent: cpu'),
    asDeployed: z.boolean().optional().describe("True for ONNX Runtime's default threads and spinning"),
    seed: count,
    alpha: z.number(),
    launches: count,
    durationMs: ms.describe('Minimum total measuring time over all launches'),
    minRuns: count.describe('Minimum number of runs; in multi: queries'),
    maxRuns: count,
    warmup: count.nullable().describe('Warm-up runs per launch; null: until stable'),
    batch: count.nullable(),
    shapes,
    ranges,
    synthetic: z.boolean().optional().describe('True if synthetic inputs were requested'),
    tolerance: chosenTolerance.optional().describe('Tolerance that overrides that of the golden set'),
    threads: count.nullable().describe('null: the default of ONNX Runtime'),
    maxMs: z.partialRecord(statistic, ms).optional().describe('Limits, by percentile'),
    maxP95Ms: ms.nullable().describe('Limit of p95'),
    maxRegression: z.number().nullable().optional(),
    statistic: statistic.optional(),
    profile: z.boolean().optional(),
    timeoutMs: ms,
    timeoutIsStall: z.boolean().describe('True if the limit applies to time without progress'),
    memoryLimitBytes: z.number(),
    block: z.null(),
    looks: z.array(count).nullable().describe('Runs per version at each look of a comparison'),
  })
  .meta({ id: 'BenchPlan', description: 'Plan fixed before measuring' });

const failure = z.strictObject({
  status: z.enum(['crash', 'timeout', 'oom', 'error']),
  message: z.string(),
  stderr: z.string().describe("End of the child's stderr"),
  launch: count,
});

/** A measurement as printed and stored, without the members that name the version. */
export const benchReport = z.strictObject({
  mode: z.enum(['solo', 'ab', 'open']).describe('ab: with a baseline; open: under a load'),
  status: z.enum(['ok', 'crash', 'timeout', 'oom', 'error']),
  error: failure.nullable(),
  plan,
  input: benchInput,
  outputs: outputsCheck.extend({
    fetched: z.array(z.string()),
    skipped: z.array(z.string()).describe('Outputs that are not tensors'),
  }),
  session: z.strictObject({
    provider: z.enum(devices),
    intraOpThreads: count.nullable().describe('null: the default of ONNX Runtime'),
    interOpThreads: count.nullable(),
    executionMode: z.enum(['sequential']),
    graphOptimization: z.enum(['all']),
    extra: texts,
  }),
  phases: z
    .strictObject({ createMs: ms, firstRunMs: ms, warmup })
    .nullable()
    .describe('Medians over the launches; the warm-up is the total'),
  launches: z.array(launch),
  latencyMs: latency
    .nullable()
    .describe(
      'With a load: response time in server, queries in multi, otherwise runs; null: nothing was measured',
    ),
  throughputPerSec: z.number().nullable(),
  itemsPerSec: z
    .number()
    .nullable()
    .describe('Items per second (runs times batch); null: the inputs have no common first dimension'),
  memory: z
    .strictObject({
      peakRssMb: z.number(),
      baseRssMb: z.number().describe('Memory before loading the model'),
    })
    .nullable()
    .describe('Megabytes (10^6 bytes)'),
  compare: comparison.nullable().describe('Comparison with the baseline; null: none'),
  profile: operatorProfile
    .nullable()
    .optional()
    .describe('Operator profile; null: not requested or not available'),
  open: open.nullable().describe('Results under a load; null: sequential runs'),
  notes: z.array(z.string()).describe('Reasons why the numbers are less reliable'),
  environment: z.strictObject({
    fingerprint: z.string().describe('Hash of the environment: compare only equal fingerprints'),
    facts: hostFacts,
    drift: hostDrift,
  }),
  gates: z.array(benchGate),
});

/** The version that was measured. */
export const benched = z.strictObject({ ref: reference, version, digest });
