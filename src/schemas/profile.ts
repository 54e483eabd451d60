import * as z from 'zod';
import { count, digest } from './kinds.ts';

/** What stands in results of `profile` and in stored profiles. */

const value = z.number().nullable();

const histogram = z
  .strictObject({
    edges: z.array(z.number()),
    counts: z.array(count).describe('Rows between the edges; the last bin has its upper edge, too'),
  })
  .meta({ id: 'Histogram' });

export const profiledColumn = z
  .strictObject({
    name: z.string(),
    type: z.enum(['numeric', 'categorical', 'datetime', 'text', 'empty']),
    values: z.enum(['number', 'datetime', 'text', 'none']).describe('How its cells are read'),
    count: count.describe('Rows with a value, which all else is about'),
    missing: count.describe('Rows without one: empty, NaN, NULL'),
    infinite: count.describe('Infinite numbers, which are left out'),
    invalid: count.describe('Cells that are no number or time, although the column holds them; left out'),
    distinct: count.nullable().describe('null: redacted, and merged of several parts'),
    distinctIsExact: z.boolean().describe('false: an estimate, off by 2% on average'),
    integer: z.boolean().nullable().describe('Whether all numbers are integers; null: not numbers'),
    mean: value.describe('Of datetimes, in epoch milliseconds, as all numbers of them'),
    std: value.describe('Of the population: divided by count'),
    skewness: value.describe('Biased; null: no spread'),
    kurtosis: value.describe('Biased excess; null: no spread'),
    min: value,
    max: value,
    quantiles: z
      .record(z.string(), z.number())
      .nullable()
      .describe('By share, such as 0.25, with linear interpolation'),
    histogram: histogram.nullable(),
    top: z
      .array(z.strictObject({ value: z.string(), count }))
      .nullable()
      .describe('Most frequent values of a categorical column'),
    redacted: z.boolean().describe('No value is kept, because somebody asked for that'),
    error: z
      .number()
      .describe('How far the share of rows below any value can be from the exact one; 0: exact'),
  })
  .meta({ id: 'ProfiledColumn' });

export const profileSummary = {
  rows: count,
  sources: z.array(
    z.strictObject({
      file: z.string().nullable().describe('Base name; null: stdin'),
      digest: digest.describe('SHA-256 of its bytes'),
      rows: count,
    }),
  ),
  error: z.number().describe('The largest one of the columns'),
  columns: z.array(profiledColumn),
  outputs: z
    .array(profiledColumn)
    .nullable()
    .describe('Columns that the version adds to the data; null: it was not run'),
};
