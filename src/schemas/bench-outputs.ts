import * as z from 'zod';
import { count, digest, hexDigest } from './kinds.ts';
import { jsonNumber, tolerance, worstOfCase } from './worst-element.ts';

const shape = z.array(count);
export const shapes = z.record(z.string(), shape).describe('Sizes by name');
export const ranges = z
  .record(z.string(), z.tuple([z.number(), z.number()]))
  .describe('Lowest and highest value by input');
export const chosenTolerance = z.strictObject(tolerance).partial();

/** The inputs that were used. Optional members are missing in benches of earlier versions. */
export const benchInput = z
  .strictObject({
    source: z
      .enum(['golden', 'file', 'synthetic'])
      .describe('Source: the golden set, the file of --input, or synthetic'),
    cases: count.optional().describe('Number of inputs used in turn; each launch starts with the first'),
    seed: count.describe('Seed of synthetic inputs'),
    shapes: shapes.describe('Shape by input, if it is the same in all cases'),
    varying: z
      .record(z.string(), z.strictObject({ smallest: shape, largest: shape }))
      .optional()
      .describe('Smallest and largest shape of the other inputs, by number of elements'),
    ranges,
    sha256: hexDigest
      .nullable()
      .describe('SHA-256 of names, dtypes, shapes and data of all cases; null: no inputs were made'),
  })
  .meta({ id: 'BenchInput', description: 'Inputs of the measurement' });

const worstOutput = z.strictObject({
  ...worstOfCase.shape,
  case: z.string().describe('cases[0] of a JSON file, or the folder of a data set'),
  set: digest.optional().describe('Golden set of the case, if the version has several'),
  check: z.enum(['before', 'after']).describe('Before timing, or after'),
  launch: count.describe('From 1'),
});

export const outputsCheck = z.strictObject({
  match: z
    .boolean()
    .nullable()
    .describe('True if all outputs match the golden set before and after timing; null: nothing was compared'),
  maxAbs: jsonNumber.nullable().describe('Largest difference; null: none measured'),
  atol: z
    .number()
    .nullable()
    .describe('Tolerance of worst; if all are equal, of the first output that has one'),
  rtol: z.number().nullable(),
  worst: worstOutput
    .nullable()
    .optional()
    .describe('Element with the largest error; null: all are equal, or nothing was compared'),
  golden: z
    .strictObject({
      digest: digest.describe('Of the first set'),
      cases: count.describe('Number of cases in all sets'),
      checks: count.describe('Number of checks: two in a complete launch'),
      skipped: z
        .array(z.strictObject({ case: z.string(), set: digest.optional(), reason: z.string() }))
        .describe('Skipped cases'),
      sets: z
        .array(
          z.strictObject({
            digest,
            self: z.boolean().describe("True: made from the version's own outputs"),
            cases: count,
          }),
        )
        .optional()
        .describe('Every golden set that was checked; absent in older results'),
    })
    .nullable()
    .optional()
    .describe('Golden sets of the version; null: none'),
});
