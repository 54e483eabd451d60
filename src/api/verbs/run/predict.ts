import * as z from 'zod';
import { type Device, devices } from '../../../core/device.ts';
import type { ColumnChoice } from '../../../predict/columns/column-choice.ts';
import { predict } from '../../../predict/predict.ts';
import type { PredictResult as Predicted } from '../../../predict/predict-result.ts';
import { parseShard } from '../../../predict/shard.ts';
import { byteCount, count, digest, exactVersion, time } from '../../../schemas/kinds.ts';
import { changing } from '../../../schemas/result.ts';
import type { Call } from '../../call.ts';
import * as given from '../../given.ts';
import type { Duration } from '../../options.ts';
import type { Plain } from '../../plain.ts';
import { column, columnList, readTable, tableFields, tableKind, type TableOptions } from '../../table.ts';
import { defineVerb } from '../../verb.ts';

/** @internal */
export { predict };

export type PredictResult = Plain<Predicted>;

export interface PredictOptions extends TableOptions {
  /** The table: a file of CSV, TSV, JSON lines or Parquet. */
  input: string;
  /** The table with the predictions: a new file of the same format. */
  output: string;
  /** The format of the output, if its name does not tell. */
  outputFormat?: string;
  /** The columns to write, of the table and of the model. Default: all. */
  select?: readonly ColumnChoice[];
  /**
   * Keep key, prediction and version of each row for labels that come later. `key`: the column of
   * keys; `for`: how long, 90 days by default.
   */
  keep?: { key: ColumnChoice; for?: Duration };
  /**
   * Predict one of several parts, such as `2/4`. `{shard}` in the names of `output` and `reject`
   * stands for its number. The parts, one after the other, are the whole.
   */
  shard?: string;
  /** With `shard`: leave a part that an earlier run has made of the same table, version and options. */
  resume?: boolean;
  /** What runs the model; `cuda` where ONNX Runtime has it. Default: cpu. */
  device?: Device;
  /** Record the run in the history of the version. Default: true. */
  record?: boolean;
  onProgress?: (progress: { rows: number; rejected: number; bytes: number; size: number | null }) => void;
}

/** @internal */
export const predictVerb = /* @__PURE__ */ defineVerb({
  name: 'predict',
  input: () =>
    z
      .strictObject({
        ...tableFields(),
        ref: given.reference,
        input: given.filledText,
        output: given.path,
        outputFormat: tableKind('outputFormat'),
        select: columnList().optional(),
        keep: z
          .strictObject({ key: column, for: given.duration.optional() })
          .transform(({ key, for: forMs }) => ({ key, forMs }))
          .optional(),
        device: given.oneOf(devices).optional(),
        record: given.flag.default(true),
        shard: given.text.transform(parseShard).optional(),
        resume: given.flag.default(false),
        onProgress: given.callback<NonNullable<PredictOptions['onProgress']>>(),
      })
      .transform(({ input, outputFormat, ...rest }) => ({
        ...readTable(input, rest),
        outputKind: outputFormat,
      })),
  output: () =>
    changing('predict', {
      ...exactVersion,
      input: z.strictObject({
        path: z.string().nullable().describe('null: standard input'),
        format: z.string().describe('Such as csv or jsonl.gz'),
        size: byteCount.describe('Bytes as stored'),
        digest,
      }),
      output: z.strictObject({
        path: z.string().nullable().describe('null: standard output'),
        format: z.string(),
      }),
      shard: z.string().nullable().describe('The part of the table, such as 2/4; null: all of it'),
      resumed: z.boolean().describe('True: an earlier run had made the part'),
      rows: count.describe('Rows with predictions'),
      rejected: count.describe('Rows that could not be predicted'),
      rejects: z.string().nullable().describe('File with the rejected rows'),
      inputs: z
        .array(z.strictObject({ name: z.string(), columns: z.array(z.string()) }))
        .describe('Columns of the table that fill each input of the model'),
      columns: z.array(z.string()).describe('Columns that the model adds'),
      unused: z.array(z.string()).describe('Columns of the table that fill no input'),
      batch: count.describe('The most rows in a run'),
      workers: count,
      device: z.enum(devices).describe('What ran the model'),
      seconds: z.number(),
      onnxruntime: z.string(),
      kept: z
        .strictObject({
          key: z.string(),
          keys: count,
          duplicates: count.describe('Rows whose key came again; the last of them is kept'),
          missing: count.describe('Rows without a key'),
          until: time,
        })
        .nullable()
        .describe('Predictions kept for labels that come later; null: none'),
      event: count.nullable().describe('Number of the event that records the run; null: none'),
    }),
  run: predict,
});

export interface PredictMethods {
  /**
   * Predicts every row of a table, and writes the table with a column for each value of the model.
   * If it rejects, no output is left behind.
   *
   * @example
   * await registry.predict('digits@production', { input: 'new.csv', output: 'predicted.csv' });
   */
  predict(ref: string, options: PredictOptions): Promise<PredictResult>;
}

/** @internal */
export const predictMethods = (call: Call): PredictMethods => ({
  predict: (ref, options) => call(predictVerb, { ref }, options),
});
