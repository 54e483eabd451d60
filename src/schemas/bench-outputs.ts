import * as z from 'zod';
import { count, digest, hexDigest } from './kinds.ts';
import { jsonNumber, tolerance, worstOfCase } from './worst-element.ts';

const shape = z.array(count);
export const shapes = z.record(z.string(), shape).describe('Sizes by name');
export const ranges = z
  .record(z.string(), z.tuple([z.number(), z.number()]))
  .describe('Lowest and highest value by input');
export const chosenTolerance = z.strictObject(tolerance).partial();

/** What was fed. Optional: what benches of earlier versions lack. */
export const benchInput = z
  .strictObject({
    source: z
      .enum(['golden', 'file', 'synthetic'])
      .describe("The golden set's cases, those of --input, or made up"),
    cases: count
      .optional()
      .describe('How many inputs take turns, run after run; each launch begins with the first'),
    seed: count.describe('Of synthetic inputs'),
    shapes: shapes.describe('Sizes by input, of those that have the same in all cases'),
    varying: z
      .record(z.string(), z.strictObject({ smallest: shape, largest: shape }))
      .optional()
      .describe('Of the other inputs: the shapes with the fewest and the most elements'),
    ranges,
    sha256: hexDigest.nullable().describe('Of names, dtypes, shapes and data of all cases; null: never made'),
  })
  .meta({ id: 'BenchInput', description: 'What was fed' });

const worstOutput = z.strictObject({
  ...worstOfCase.shape,
  case: z.string().describe('cases[0] of a JSON file, or the folder of a data set'),
  check: z.enum(['before', 'after']).describe('Before timing, or after'),
  launch: count.describe('From 1'),
});

export const outputsCheck = z.strictObject({
  match: z
    .boolean()
    .nullable()
    .describe(
      'Whether all outputs are as the golden set says, before and after timing; null: nothing was compared',
    ),
  maxAbs: jsonNumber
    .nullable()
    .describe('The largest difference; null: nothing with differences was compared'),
  atol: z
    .number()
    .nullable()
    .describe('Allowed for worst; where all are equal, for the first output that has a tolerance'),
  rtol: z.number().nullable(),
  worst: worstOutput
    .nullable()
    .optional()
    .describe('The element that is furthest off; null: all are equal, or nothing was compared'),
  golden: z
    .strictObject({
      digest,
      cases: count,
      checks: count.describe('How often it was run: twice in a whole launch'),
      skipped: z
        .array(z.strictObject({ case: z.string(), reason: z.string() }))
        .describe('Cases that cannot be compared'),
    })
    .nullable()
    .optional()
    .describe('The golden set of the version; null: it has none'),
});
