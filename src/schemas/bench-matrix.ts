import * as z from 'zod';
import { percentile } from './bench-report.ts';
import { benchGate } from './gate.ts';
import { count, uuid } from './kinds.ts';

const rate = z.number().nullable();
const dimensions = z.record(z.string(), count).describe('Sizes of the named dimensions');

const cell = z
  .strictObject({
    id: uuid.nullable().describe('Id of the stored benchmark; null: not stored'),
    threads: count.nullable().describe('null: the default of ONNX Runtime'),
    batch: count.nullable().describe('null: not set'),
    dimensions,
    order: count.describe('Position in the random measuring order, from 1'),
    status: z.enum(['ok', 'crash', 'timeout', 'oom', 'error']),
    message: z.string().nullable().describe('What went wrong'),
    runs: count.nullable().describe('Number of timed runs; null (like all figures): nothing was measured'),
    p50: percentile.nullable(),
    p95: percentile.nullable(),
    p99: percentile.nullable(),
    throughputPerSec: rate,
    throughputLow: rate.describe('Lower end of the 95% interval; null: too few runs'),
    throughputHigh: rate,
    itemsPerSec: rate.describe(
      'Items per second (runs times batch); null: the inputs have no common first dimension',
    ),
    peakRssMb: z.number().nullable(),
    verdict: z
      .enum(['pass', 'fail', 'inconclusive'])
      .nullable()
      .describe('Worst gate verdict; null: no limits'),
    gates: z.array(benchGate),
  })
  .meta({ id: 'MatrixCell', description: 'Results of one setting' });

/** The output of `bench --matrix`. */
export const benchMatrix = z
  .strictObject({
    axes: z.array(z.strictObject({ name: z.string(), values: z.array(count) })),
    seed: count,
    cells: z.array(cell).describe('All combinations; the last axis varies fastest'),
    best: z
      .array(
        z.strictObject({
          cell: count.describe('Index in cells, from 0'),
          id: uuid.nullable(),
          dimensions,
          by: z.enum(['itemsPerSec', 'throughputPerSec']),
          value: z.number(),
          clear: z.boolean().describe('True if no other setting may be as good'),
          rivals: z
            .array(count)
            .describe('Settings that may be as good: less than 10% worse, or with overlapping intervals'),
        }),
      )
      .describe('Best setting within the limits for each combination of sizes; empty: none'),
  })
  .meta({ id: 'BenchMatrix', description: 'A grid of settings' });
