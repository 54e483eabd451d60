import * as z from 'zod';
import { corrections, driftMethods, findingKinds } from '../core/measurements/drift.ts';
import { count, digest } from './kinds.ts';

/** What stands in results of `drift` and in stored ones. */

const value = z.number().nullable();
const both = z.tuple([count, count]).describe('In the reference, and in the live data');

const side = z
  .strictObject({
    count: count.describe('Rows with a value that is compared'),
    distinct: count,
    mean: value.describe('Of datetimes, in epoch milliseconds, as all numbers of them'),
    std: value.describe('Of the population: divided by count'),
    min: value,
    max: value,
    quantiles: z.record(z.string(), z.number()).nullable().describe('By share, such as 0.25'),
  })
  .meta({ id: 'DriftSide' });

const test = { statistic: value.describe('null: infinite'), pvalue: z.number() };

const measures = z
  .strictObject({
    ks: z.strictObject({ ...test, mode: z.enum(['exact', 'asymptotic']) }).nullable(),
    wasserstein: value.describe('In standard deviations of the reference; null: not numbers'),
    psi: z.number(),
    psiDeciles: value.describe("By ten bins between the reference's deciles; null: not numbers"),
    kl: z.number().describe('Of the reference from the live data, natural logarithm'),
    js: z.number().describe('Square root of the divergence, natural logarithm'),
    hellinger: z.number(),
    chi2: z
      .strictObject({ ...test, df: count })
      .nullable()
      .describe('null: too many values'),
    z: z.strictObject(test).nullable().describe('null: more than two values'),
  })
  .meta({ id: 'DriftMeasures', description: 'All that was computed, whichever decided' });

const column = z
  .strictObject({
    name: z.string(),
    type: z.enum(['numeric', 'categorical', 'datetime']),
    method: z.enum(driftMethods),
    statistic: value.describe('D, χ², z or the distance; null: infinite'),
    pvalue: value.describe('null: the method is a distance'),
    adjusted: value.describe('p-value after the correction; null: none'),
    threshold: z.number().describe('p-values below, and distances from here on, are drift'),
    drifted: z.boolean(),
    shift: z
      .enum(['none', 'moderate', 'major'])
      .describe('By PSI of deciles, of categories by PSI: below 0.1, below 0.25, and above'),
    missing: both,
    infinite: both,
    invalid: both.describe('Cells of another type, left out'),
    bins: z.strictObject({ rule: z.enum(['sturges', 'deciles', 'equal', 'values']), count }),
    measures,
    reference: side,
    live: side,
    histogram: z
      .strictObject({ edges: z.array(z.number()), reference: z.array(count), live: z.array(count) })
      .nullable()
      .describe('Rows between the edges; null: categories'),
    categories: z
      .array(z.strictObject({ value: z.string(), reference: count, live: count }))
      .nullable()
      .describe('The most frequent values; null: numbers'),
  })
  .meta({ id: 'ColumnDrift' });

const source = {
  file: z.string().nullable().describe('Base name; null: stdin'),
  digest: digest.describe('SHA-256 of its bytes'),
  rows: count,
};

export const driftReport = {
  reference: z.strictObject({
    kind: z.enum(['data', 'profile']),
    ...source,
    error: value.describe('How far shares of rows of a profile can be off; null: it is data'),
  }),
  live: z.strictObject(source),
  drifted: z.boolean().describe('Whether the data has moved: then the exit code is 5'),
  datasetDrift: z.boolean().describe('Whether the share of drifted columns reaches shareThreshold'),
  driftedColumns: count,
  judgedColumns: count,
  share: value.describe('null: no column could be judged'),
  shareThreshold: z.number(),
  correction: z.enum(corrections).nullable().describe('null: none'),
  bins: z.string().describe('sturges, deciles, or a number of bins'),
  columns: z.array(column).describe('In the order of the reference'),
  skipped: z
    .array(z.strictObject({ name: z.string(), reason: z.string() }))
    .describe('Columns that were not compared'),
  findings: z.array(
    z
      .strictObject({
        kind: z.enum(findingKinds),
        column: z.string().nullable().describe('null: about the table'),
        message: z.string(),
        serious: z.boolean().describe('The model cannot work as it should: drift by itself'),
      })
      .meta({ id: 'DriftFinding' }),
  ),
  inputs: z
    .array(z.string())
    .nullable()
    .describe("Columns that fill the model's inputs; null: unknown, or no ONNX model"),
};
