import type { ElementArray } from '../../core/element-types.ts';
import { appendJsonRows } from '../../data/append-json.ts';
import {
  type AppendedValues,
  type AppendRows,
  byteBuilder,
  rowAppender,
  type WrittenColumn,
} from '../../data/append-cells.ts';
import type { CellTarget } from '../../data/cell-types.ts';
import type { RowBatch } from '../../data/row-batch.ts';
import { type CollectedBlock, joinData } from '../collected-rows.ts';
import type { ColumnChoice } from '../columns/column-choice.ts';
import { outputColumns, selectColumns } from '../columns/outputs.ts';
import { writtenNames } from './written-names.ts';
import type { RowOutput } from './row-model.ts';

/** What becomes of predicted rows: text with the predictions beside it, or the predictions themselves. */
export type SinkChoice =
  /** `keep`: the position of the column of keys, if predictions go along with them. */
  | { kind: 'append'; select: readonly ColumnChoice[] | null; keep: number | null }
  /** `columns`: positions of the columns whose text goes along. */
  | { kind: 'collect'; columns: readonly number[] };

/** What a block of rows became. */
export interface SinkResult {
  text: Uint8Array<ArrayBuffer> | null;
  collected: CollectedBlock | null;
}

/** Takes the batches of one block after another. */
export interface RowSink {
  /** Columns that the sink reads itself. */
  targets: CellTarget[];
  /** Whether it needs the bounds of each cell. */
  needsBounds: boolean;
  /** `spare` is memory that text can go into. */
  begin(bytes: Buffer, spare?: ArrayBuffer | null): void;
  add(batch: RowBatch, outputs: readonly RowOutput[]): void;
  end(): SinkResult;
}

/** More bytes than a block usually needs beside its own, as a share. */
const usualGrowth = 1.6;

/** `taken`: names that predictions cannot have. `delimiter`: of cells; null: JSON lines. */
export function appendSink(
  header: readonly string[],
  taken: readonly string[],
  delimiter: number | null,
  select: readonly ColumnChoice[] | null,
): RowSink {
  let builder = byteBuilder();
  const width = header.length;
  let appendRows: AppendRows | undefined;
  let block: Buffer = Buffer.alloc(0);
  let columns: WrittenColumn[] | null = null;
  let names: string[] | undefined;
  return {
    targets: [],
    needsBounds: select !== null,
    begin(bytes, spare) {
      block = bytes;
      builder = byteBuilder(spare ?? new ArrayBuffer(Math.ceil(bytes.length * usualGrowth) + 2 ** 16));
    },
    add(batch, outputs) {
      if (select !== null) columns ??= selected(header, taken, outputs, select);
      const values = outputs.map(appended);
      if (delimiter !== null) {
        appendRows ??= rowAppender({ delimiter, columns, width });
        return appendRows(builder, block, batch, values);
      }
      names ??= writtenNames(header, outputs, select, taken);
      appendJsonRows(builder, block, batch, values, { columns, names, width });
    },
    end: () => ({ text: builder.bytes.subarray(0, builder.length), collected: null }),
  };
}

/** Does what both do. */
export function bothSinks(one: RowSink, other: RowSink): RowSink {
  return {
    targets: [...one.targets, ...other.targets],
    needsBounds: one.needsBounds || other.needsBounds,
    begin(bytes) {
      one.begin(bytes);
      other.begin(bytes);
    },
    add(batch, outputs) {
      one.add(batch, outputs);
      other.add(batch, outputs);
    },
    end: () => ({ text: one.end().text, collected: other.end().collected }),
  };
}

/** `--select` as columns to write. */
function selected(
  header: readonly string[],
  taken: readonly string[],
  outputs: readonly RowOutput[],
  select: readonly ColumnChoice[],
): WrittenColumn[] {
  const named = outputColumns(outputs, taken);
  return selectColumns(header, outputs, named, select).map((column) => {
    if ('input' in column) return column;
    const { output = 0, index = 0 } = named[column.output] ?? {};
    return { output, index };
  });
}

function appended({ dtype, width, data }: RowOutput): AppendedValues {
  const type =
    dtype === 'float16'
      ? 'float32'
      : dtype === 'float32' || dtype === 'float64' || dtype === 'bool' || dtype === 'string'
        ? dtype
        : 'integer';
  return { type, width, data };
}

export interface CollectSink extends RowSink {
  add(batch: Pick<RowBatch, 'count'>, outputs: readonly RowOutput[]): void;
}

export function collectSink(capacity: number, columns: readonly number[]): CollectSink {
  const texts = columns.map((column) => ({
    column,
    codes: new Int32Array(capacity),
    dictionary: new Map<string, number>(),
  }));
  let parts: { outputs: RowOutput[]; codes: Int32Array[] }[] = [];
  let rows = 0;
  return {
    targets: texts.map(({ column, codes, dictionary }) => {
      return { column, type: 'text', into: codes, offset: 0, stride: 1, dictionary };
    }),
    needsBounds: false,
    begin() {
      parts = [];
      rows = 0;
      for (const { dictionary } of texts) dictionary.clear();
    },
    add({ count }, outputs) {
      rows += count;
      parts.push({
        // The model's memory is released after each run.
        outputs: outputs.map((output) => ({
          ...output,
          data: output.data.slice(0, count * output.width) as ElementArray,
        })),
        codes: texts.map(({ codes }) => codes.slice(0, count)),
      });
    },
    end() {
      const outputs = (parts[0]?.outputs ?? []).map(({ name, dtype, width, classes }, at) => {
        return {
          name,
          dtype,
          width,
          classes,
          data: joinData(parts.map((part) => part.outputs[at]?.data ?? [])),
        };
      });
      const cells = texts.map(({ dictionary }, at) => {
        const codes = new Int32Array(rows);
        let done = 0;
        for (const part of parts) {
          const own = part.codes[at] ?? new Int32Array(0);
          codes.set(own, done);
          done += own.length;
        }
        return { codes, values: [...dictionary.keys()] };
      });
      return { text: null, collected: { rows, cells, outputs } };
    },
  };
}
