import * as z from 'zod';
import { benchMatrix } from '../bench-matrix.ts';
import { benchReport } from '../bench-report.ts';
import { count, digest, nextPage, reference, time, uuid, version } from '../kinds.ts';
import { changing } from '../result.ts';

export const benched = z.strictObject({ ref: reference, version, digest });

const measured = changing('bench', {
  id: uuid.nullable().describe('Id of the stored result; null: not stored'),
  subject: benched,
  baseline: benched.nullable().describe('null: no baseline'),
  ...benchReport.shape,
});

const matrix = changing('bench', { subject: benched, matrix: benchMatrix });

const figure = z
  .strictObject({ value: z.number(), low: z.number().nullable(), high: z.number().nullable() })
  .nullable();

const listed = changing('bench', {
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
          .strictObject({ n: count.describe('Number of timed runs'), p50: figure, p95: figure })
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
});

/** A measurement, stored or just made; with --matrix a grid of them; with --list the stored ones. */
export const bench = z.union([measured, matrix, listed]);
