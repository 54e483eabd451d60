import { resolve } from 'node:path';
import * as z from 'zod';
import { parseTableKind } from '../data/table-format.ts';
import type { ColumnChoice } from '../predict/columns/column-choice.ts';
import { parseMaxRejects } from '../predict/max-rejects.ts';
import * as given from './given.ts';
import type { ByteSize, Duration } from './options.ts';

/** What methods that predict a table have in common. */
export interface TableOptions {
  /**
   * The columns of the model's input, in order, by name or by position from 1 (`3-10`). Default: by
   * the names of the inputs, or all columns.
   */
  columns?: readonly ColumnChoice[];
  /** The columns of each input, by the input's name. */
  map?: Readonly<Record<string, readonly ColumnChoice[]>>;
  /** Columns that are no inputs, such as the target. */
  exclude?: readonly ColumnChoice[];
  /** The format of the table, if its name does not tell: `csv`, `tsv.gz`, `jsonl`, `parquet`. */
  inputFormat?: string;
  /** What a missing value is: a reason to reject the row (the default), or NaN. */
  onMissing?: 'reject' | 'nan';
  /** The most rows in a run of the model. Default: 1024, for Parquet 2048. */
  batch?: number;
  /** Threads, each with a session of its own. Default: by the machine and the model's size. */
  workers?: number;
  /** Give up after this long without progress. Default: a minute. */
  timeout?: Duration;
  /** Stop the child above this much memory. */
  memoryLimit?: ByteSize;
  /** A new file for rows that cannot be predicted. Default: the first one rejects. */
  reject?: string;
  /** Reject with `GATE_FAILED` above this many rejected rows: a number, or a share such as `1%`. */
  maxRejects?: number | string;
  /** Replace existing files. */
  force?: boolean;
}

const someColumn = 'a name, a position, or { name }';
/** One column. */
export const column = z.union([given.text, z.strictObject({ name: given.text })], { error: someColumn });
export const columnList = () =>
  z.array(column, { error: `a list of columns, each ${someColumn}` }).readonly();

/** Which columns are inputs of the model. */
export const bindingFields = () => ({
  columns: columnList().optional(),
  map: z
    .record(z.string(), columnList(), { error: 'an object of lists of columns' })
    .transform((lists) => new Map(Object.entries(lists)))
    .optional(),
  exclude: columnList().optional(),
});

/** The fields of `TableOptions`. */
export const tableFields = () => ({
  ...bindingFields(),
  inputFormat: tableKind('inputFormat'),
  onMissing: given.oneOf(['reject', 'nan']).optional(),
  batch: given.count(1, 1_000_000).optional(),
  workers: given.count(1, 256).optional(),
  timeout: given.duration.optional(),
  memoryLimit: given.byteSize.optional(),
  reject: given.path.optional(),
  maxRejects: z
    .union([z.int().nonnegative(), z.string()], { error: 'a number or a percentage' })
    .transform((most) => parseMaxRejects(String(most)))
    .optional(),
  force: given.flag,
});

/** A format in words. */
export const tableKind = (option: string) =>
  given.text.transform((word) => parseTableKind(option, word)).optional();

/** The checked fields as the verbs take them. */
export function readTable<Fields extends z.output<z.ZodObject<ReturnType<typeof tableFields>>>>(
  file: string,
  { inputFormat, timeout, memoryLimit, ...fields }: Fields,
) {
  const table = { path: resolve(file), kind: inputFormat, kindFlag: 'inputFormat' };
  return { ...fields, table, timeoutMs: timeout, memoryLimitBytes: memoryLimit };
}
