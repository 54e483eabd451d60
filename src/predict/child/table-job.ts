import type { Signature } from '../../core/versions/signature.ts';
import type { OnMissing } from '../../data/cell-types.ts';
import type { Compression, TableKind } from '../../data/table-format.ts';
import type { SessionChoices } from '../../runtime/child/session.ts';
import type { JobKind, RunJob } from '../../runtime/job-kind.ts';
import type { Binding, BindingOptions } from '../columns/binding.ts';
import type { CollectedBlock } from '../collected-rows.ts';
import type { ColumnChoice } from '../columns/column-choice.ts';
import type { FetchedOutput } from '../../onnx/graph/fetched-outputs.ts';
import type { OutputColumn, OutputWidth } from '../columns/outputs.ts';
import type { MaxRejects } from '../max-rejects.ts';
import { type Refusal, refusalOf } from './refusal.ts';
import type { ShardRange } from './shard-of-table.ts';
import { predictTable } from './predict-table.ts';

/** An open file that the child inherits. */
export interface GivenFile {
  descriptor: number;
  /** Its name in messages. */
  what: string;
}

/** What becomes of the predictions. */
export type TableTarget =
  | {
      kind: 'append';
      output: GivenFile & { compression: Compression };
      select: readonly ColumnChoice[] | null;
      /** The column whose cells go along with the predictions, to be kept; null: none. */
      keep: ColumnChoice | null;
    }
  /** `cells`: columns whose text goes along, by name, each with the option that asks for it. */
  | { kind: 'collect'; cells: readonly { column: string; flag: string }[] };

export interface TableJob {
  modelFile: string;
  session: SessionChoices;
  signature: Signature;
  /** The outputs to fetch. */
  fetches: readonly FetchedOutput[];
  table: GivenFile & { kind: TableKind; flag: string };
  /** The part of the table to predict; null: all of it. */
  shard: ShardRange | null;
  binding: BindingOptions;
  /** Rows in a run; null: the default, or what the model fixes. */
  batch: number | null;
  workers: number;
  onMissing: OnMissing;
  target: TableTarget;
  /** Takes the rows that cannot be predicted; null: the first one ends the job. */
  rejects: GivenFile | null;
  /**
   * Rows that an earlier run has written there, by their places among all rows; null: there was none,
   * and the first line is missing, too.
   */
  known: Int32Array | null;
  maxRejects: MaxRejects | null;
}

export interface TableProgress {
  rows: number;
  rejected: number;
  /** Bytes of the table that were read, as stored. */
  bytes: number;
  block?: CollectedBlock;
}

/** What is known when all rows are done. */
export interface TableDone {
  rows: number;
  rejected: number;
  /** False: the reader of the output left, and the rest was not read. */
  complete: boolean;
  bytes: number;
  sha256: string;
  header: string[];
  binding: Binding;
  outputs: OutputWidth[];
  columns: OutputColumn[];
  batch: number;
  onnxruntime: string;
}

/** Predicts the rows of a table with one model, in worker threads of the child. */
export const tableJob: JobKind<TableJob, TableProgress, { refused: Refusal } | { done: TableDone }> = {
  name: 'table',
};

export const run: RunJob<typeof tableJob> = async (_runtime, job, report) => {
  try {
    // DuckDB is only loaded for Parquet.
    const isParquet = job.table.kind.format === 'parquet';
    const predict = isParquet ? (await import('./predict-parquet.ts')).predictParquet : predictTable;
    return { done: await predict(job, report) };
  } catch (error) {
    const refused = refusalOf(error);
    if (refused === undefined) throw error;
    return { refused };
  }
};
