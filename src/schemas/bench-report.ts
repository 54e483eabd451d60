import * as z from 'zod';
import { gate } from './gate.ts';
import { benchInput, chosenTolerance, outputsCheck, ranges, shapes } from './bench-outputs.ts';
import { count, texts } from './kinds.ts';
import { hostDrift, hostFacts, load } from './bench-host.ts';
import { operatorProfile } from './operator-profile.ts';

const ms = z.number().nonnegative();

export const percentile = z
  .strictObject({
    value: ms,
    low: ms.nullable().describe('Of the 95% interval; null: the samples cannot give it'),
    high: ms.nullable(),
    method: z.enum(['order-statistics', 'block-bootstrap']),
  })
  .meta({ id: 'Percentile', description: 'In milliseconds' });

const orTooFew = percentile.nullable().describe('Null: too few samples to say');

const latency = z
  .strictObject({
    n: count.describe('Timed runs'),
    mean: ms,
    min: ms,
    max: ms,
    p50: orTooFew,
    p90: orTooFew,
    p95: orTooFew,
    p99: orTooFew,
    p999: orTooFew.describe('p99.9'),
    lag1: z.number().nullable().describe('Lag-1 autocorrelation of the runs'),
    lag1Sign: z.number().nullable().describe('Lag-1 autocorrelation of being above the median'),
    outliers: z.strictObject({ mild: count, severe: count }).describe('Counted, never dropped'),
    harnessFloorUs: z.number().describe('Microseconds reported for a run that does nothing'),
  })
  .meta({ id: 'Latency', description: 'In milliseconds' });

const statistic = z.enum(['p50', 'p90', 'p95', 'p99']);

const comparison = z
  .strictObject({
    stat: statistic,
    ratio: z.number().nullable().describe('Of the version to the baseline; null: too few runs'),
    low: z.number().nullable().describe('Of the interval at the level of one look; null: not known'),
    high: z.number().nullable(),
    margin: z.number().nullable().describe('The increase that is allowed: 0.05 is 5%'),
    look: count.describe('At which the comparison ended, from 1'),
    minimumDetectable: z
      .number()
      .nullable()
      .describe('The smallest increase that would have been told from none'),
    baselineLatencyMs: latency,
    baselineOutputs: outputsCheck.optional().describe('Of the baseline, held to its own golden set'),
  })
  .meta({ id: 'BenchComparison', description: 'Both versions measured in one run' });

const open = z
  .strictObject({
    ...load,
    scheduled: count.describe('Runs that became due, or were made'),
    completed: count,
    unfinished: count.describe('Never begun; they count as at least so late'),
    achievedRate: z.number().describe('Runs completed per second'),
    response: latency.nullable().describe('From when it was due until done; null: nothing waits'),
    service: latency.describe('Of a run by itself'),
    sendLagP99Ms: ms
      .nullable()
      .describe(
        'Scheduling delay: from when a run was due and its worker free until it began; null: nothing was due',
      ),
    utilisation: z.number().nullable().describe('From 1 on the workers cannot keep up; null without a rate'),
    waitingAtEnd: count.nullable().describe('Due and not begun when the last run became due'),
    saturated: z.boolean().describe('The queue grew without end: a latency gate fails'),
    reason: z.string().nullable().describe('Why it is called saturated; null: it is not'),
  })
  .meta({ id: 'BenchLoad', description: 'A measurement under a load' });

const warmup = z.strictObject({
  runs: count,
  ms,
  stable: z.boolean().nullable().describe('Null: the number of runs was given'),
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
  .meta({ id: 'BenchLaunch', description: 'What one child process did' });

const plan = z
  .strictObject({
    // Absent in what was stored before there were loads.
    scenario: load.scenario.optional(),
    rate: load.rate.optional(),
    concurrency: load.concurrency.optional(),
    samplesPerQuery: load.samplesPerQuery.optional(),
    asDeployed: z.boolean().optional().describe('Threads and their spinning are left to ONNX Runtime'),
    seed: count,
    alpha: z.number(),
    launches: count,
    durationMs: ms.describe('Timed at least so long, over all launches'),
    minRuns: count.describe('Of multi: queries'),
    maxRuns: count,
    warmup: count.nullable().describe('Runs per launch; null: until stable'),
    batch: count.nullable(),
    shapes,
    ranges,
    synthetic: z.boolean().optional().describe('Made-up inputs were asked for'),
    tolerance: chosenTolerance.optional().describe("What beats the golden set's own"),
    threads: count.nullable().describe('Null: as ONNX Runtime has it'),
    maxMs: z.partialRecord(statistic, ms).optional().describe('Limits, by percentile'),
    maxP95Ms: ms.nullable().describe('That of p95'),
    maxRegression: z.number().nullable().optional(),
    statistic: statistic.optional(),
    profile: z.boolean().optional(),
    timeoutMs: ms,
    timeoutIsStall: z.boolean().describe('The limit is on the time without progress'),
    memoryLimitBytes: z.number(),
    block: z.null(),
    looks: z.array(count).nullable().describe('Runs per arm at which a comparison was looked at'),
  })
  .meta({ id: 'BenchPlan', description: 'What was decided before measuring' });

const failure = z.strictObject({
  status: z.enum(['crash', 'timeout', 'oom', 'error']),
  message: z.string(),
  stderr: z.string().describe('The end of what the child wrote there'),
  launch: count,
});

/** A measurement as it is printed and stored, without what names the version. */
export const benchReport = z.strictObject({
  mode: z.enum(['solo', 'ab', 'open']).describe('ab: with a baseline; open: under a load'),
  status: z.enum(['ok', 'crash', 'timeout', 'oom', 'error']),
  error: failure.nullable(),
  plan,
  input: benchInput,
  outputs: outputsCheck.extend({
    fetched: z.array(z.string()),
    skipped: z.array(z.string()).describe('Outputs that are no tensors'),
  }),
  session: z.strictObject({
    provider: z.enum(['cpu']),
    intraOpThreads: count.nullable().describe('Null: as ONNX Runtime has it'),
    interOpThreads: count.nullable(),
    executionMode: z.enum(['sequential']),
    graphOptimization: z.enum(['all']),
    extra: texts,
  }),
  phases: z
    .strictObject({ createMs: ms, firstRunMs: ms, warmup })
    .nullable()
    .describe('Medians over the launches; the warm-up is their total'),
  launches: z.array(launch),
  latencyMs: latency
    .nullable()
    .describe(
      'Under a load: the response in server, queries in multi, else runs. Null: nothing was measured',
    ),
  throughputPerSec: z.number().nullable(),
  itemsPerSec: z
    .number()
    .nullable()
    .describe('Runs times the batch; null: the inputs have no common first dimension'),
  memory: z
    .strictObject({
      peakRssMb: z.number(),
      baseRssMb: z.number().describe('What Node and ONNX Runtime take before the model'),
    })
    .nullable()
    .describe('Megabytes of 10^6 bytes'),
  compare: comparison.nullable().describe('With the baseline; null: there is none'),
  profile: operatorProfile
    .nullable()
    .optional()
    .describe('Where the time of a run goes; null: not asked for, or not to be had'),
  open: open.nullable().describe('What a load shows besides; null: one run after the other'),
  notes: z.array(z.string()).describe('What makes the numbers less certain than they look'),
  environment: z.strictObject({
    fingerprint: z.string().describe('Of the facts: compare only what has the same'),
    facts: hostFacts,
    drift: hostDrift,
  }),
  gates: z.array(gate),
});
