import * as z from 'zod';
import { percentile } from './bench-report.ts';
import { gate } from './gate.ts';
import { count, uuid } from './kinds.ts';

const rate = z.number().nullable();
const dimensions = z.record(z.string(), count).describe('Sizes of named dimensions that are axes');

const cell = z
  .strictObject({
    id: uuid.nullable().describe('Of the bench that is stored with the version; null: it could not be'),
    threads: count.nullable().describe('Null: as ONNX Runtime has it'),
    batch: count.nullable().describe('Null: none was chosen'),
    dimensions,
    order: count.describe('When it was measured, from 1: the order is random, by the seed'),
    status: z.enum(['ok', 'crash', 'timeout', 'oom', 'error']),
    message: z.string().nullable().describe('What went wrong'),
    runs: count.nullable().describe('Timed ones; null, as all figures: nothing was measured'),
    p50: percentile.nullable(),
    p95: percentile.nullable(),
    p99: percentile.nullable(),
    throughputPerSec: rate,
    throughputLow: rate.describe('Of its 95% interval; null: too few runs'),
    throughputHigh: rate,
    itemsPerSec: rate.describe('Runs times the batch; null: the inputs have no common first dimension'),
    peakRssMb: z.number().nullable(),
    verdict: z
      .enum(['pass', 'fail', 'inconclusive'])
      .nullable()
      .describe('The worst of the gates; null: no limit was given'),
    gates: z.array(gate),
  })
  .meta({ id: 'MatrixCell', description: 'One setting, and what it gave' });

/** Of `bench --matrix`. */
export const benchMatrix = z
  .strictObject({
    axes: z.array(z.strictObject({ name: z.string(), values: z.array(count) })),
    seed: count,
    cells: z.array(cell).describe('Every combination, the last axis running fastest'),
    best: z
      .array(
        z.strictObject({
          cell: count.describe('Its position among the cells, from 0'),
          id: uuid.nullable(),
          dimensions,
          by: z.enum(['itemsPerSec', 'throughputPerSec']),
          value: z.number(),
          clear: z.boolean().describe('No other is as good as far as can be told'),
          rivals: z
            .array(count)
            .describe('Those that may be as good: less than 10% below, or with intervals that overlap'),
        }),
      )
      .describe('Of the settings that keep to the limits, for each combination of sizes; empty: none does'),
  })
  .meta({ id: 'BenchMatrix', description: 'A grid of settings' });
