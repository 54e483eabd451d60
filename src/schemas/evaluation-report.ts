import * as z from 'zod';
import { count, digest, scalar, time } from './kinds.ts';

/** What stands in results of `evaluate` and in stored evaluations. */

export const metricName = z.string().meta({ id: 'MetricName', description: 'accuracy, f1_macro, rmse …' });
const value = z.number().nullable();

const metrics = z.record(
  metricName,
  z.union([value, z.record(z.string(), value)]).describe('A value, or one per class; null: undefined'),
);

const interval = z
  .strictObject({
    low: z.number(),
    high: z.number(),
    method: z.string().describe('bootstrap, normal, wilson or order statistics'),
  })
  .meta({ id: 'EvaluationInterval', description: '95% interval' });

export const evaluatedData = z
  .strictObject({
    file: z.string().nullable().describe('Base name; null: stdin'),
    digest: digest.describe('SHA-256 of its bytes as stored'),
    target: z.string().describe('Column of the right answers'),
    rows: count.describe('Rows of the file'),
    missingTarget: count.describe('Rows without a target, which are left out'),
    rejected: count.describe('Rows that the model cannot take, which are left out'),
  })
  .meta({ id: 'EvaluatedData' });

const classMetrics = z
  .strictObject({
    label: scalar,
    support: count.describe('Rows of the class'),
    predicted: count.describe('Rows for which it was predicted'),
    precision: value,
    recall: value,
    f1: value,
    roc_auc: value.describe('Against all other classes'),
    average_precision: value,
  })
  .meta({ id: 'ClassMetrics', description: 'null: undefined on this data' });

const calibrationBin = z
  .strictObject({
    low: z.number(),
    high: z.number(),
    rows: count,
    confidence: value.describe('Mean probability; null: no rows'),
    frequency: value.describe('Share of rows for which it came true'),
  })
  .meta({ id: 'CalibrationBin' });

const slice = z
  .strictObject({
    column: z.string(),
    metric: metricName.describe('Metric of the groups'),
    groups: z
      .array(
        z.strictObject({
          value: z.string().describe('Text of the cells; empty: missing'),
          rows: count,
          metric: value.describe('Value of the metric; null: undefined'),
          interval: interval.nullable(),
          reason: z.string().nullable().describe('Why it is undefined'),
          small: z.boolean().describe('Too few rows to say much: fewer than 30'),
        }),
      )
      .describe('Worst first, then small ones'),
    omitted: z.strictObject({ groups: count, rows: count }).describe('Groups that are not listed'),
  })
  .meta({ id: 'EvaluationSlice', description: 'A metric by the values of a column' });

const importance = z
  .strictObject({
    metric: metricName,
    seed: count,
    repeats: count.describe('Permutations of each column'),
    rows: count.describe('Rows that were permuted'),
    columns: z
      .array(
        z.strictObject({
          column: z.string(),
          mean: z.number().describe('How much worse the metric gets when the column is permuted'),
          low: value,
          high: value,
        }),
      )
      .describe('Most important first; low and high: 95% interval'),
  })
  .meta({ id: 'Importance', description: 'Permutation importance of columns' });

export const evaluationReport = z.strictObject({
  task: z.enum(['classification', 'regression']),
  data: evaluatedData,
  as: z.string().nullable().describe('Name of the data set; null: none'),
  asOf: time.nullable().describe('The time that the data is of; null: not given'),
  rows: count.describe('Rows that the metrics are of'),
  outputs: z
    .strictObject({
      label: z.string().nullable(),
      probability: z.string().nullable(),
      prediction: z.string().nullable(),
    })
    .describe('Outputs of the model that were evaluated; null: not used'),
  metrics,
  undefinedMetrics: z.record(metricName, z.string()).describe('Why a metric is null'),
  intervals: z.record(metricName, interval),
  positive: scalar.describe('Positive class; null: there are not just two classes'),
  labels: z.array(scalar).nullable().describe('Classes of model and data; null: regression'),
  classes: z.array(classMetrics).nullable().describe('In the order of labels'),
  confusion: z
    .array(z.array(count))
    .nullable()
    .describe('Rows by class (outer) and predicted class (inner), in the order of labels'),
  calibration: z.array(calibrationBin).nullable().describe('null: no probabilities'),
  slices: z.array(slice),
  importance: importance.nullable().describe('null: not asked for'),
});
