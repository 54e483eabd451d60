import * as z from 'zod';
import { benchMatrix } from '../bench-matrix.ts';
import { benchReport } from '../bench-report.ts';
import { count, digest, nextPage, reference, time, uuid, version } from '../kinds.ts';
import { changing } from '../result.ts';

export const benched = z.strictObject({ ref: reference, version, digest });

const measured = changing('bench', {
  id: uuid.nullable().describe('Under which the result is stored with the version; null: it could not be'),
  subject: benched,
  baseline: benched.nullable().describe('Null: nothing was compared with'),
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
        scenario: z.string().describe('Of the load; single: one inference after the other'),
        batch: count.nullable().describe('Items in one inference; null: as the inputs came, or one'),
        rate: z.number().nullable().describe('Arrivals per second; null: as fast as it answered'),
        concurrency: count.describe('Sessions at once'),
        status: z.string().describe('ok, or how the run failed'),
        latencyMs: z
          .strictObject({ n: count.describe('Timed runs'), p50: figure, p95: figure })
          .nullable()
          .describe('Null: nothing was measured'),
        verdict: z
          .enum(['pass', 'fail', 'inconclusive'])
          .nullable()
          .describe('Of all its gates together; null: it had none'),
        baseline: reference.nullable(),
        fingerprint: z.string().describe('Compare only what has the same'),
        machine: z.string().nullable().describe('What the fingerprint is of, in words'),
      }),
    )
    .describe('Newest first'),
  nextPage,
});

/** A measurement, stored or just made; with --matrix a grid of them; with --list the stored ones. */
export const bench = z.union([measured, matrix, listed]);
