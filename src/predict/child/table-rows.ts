import type { CellTarget, OnMissing } from '../../data/cell-types.ts';
import type { JsonPath } from '../../data/json-columns.ts';
import { createBatch } from '../../data/row-batch.ts';
import { delimitedScanner, delimiters } from '../../data/scan-delimited.ts';
import { jsonScanner } from '../../data/scan-json-lines.ts';
import type { TableFormat } from '../../data/table-format.ts';
import { float16Bits } from '../../onnx/tensors/half-floats.ts';
import type { OutputWidth } from '../outputs.ts';
import { type RejectedText, rejectedWriter } from './rejected-text.ts';
import { openRowModel, type RowModelSetup, sameOutputs } from './row-model.ts';
import {
  appendSink,
  bothSinks,
  collectSink,
  type RowSink,
  type SinkChoice,
  type SinkResult,
} from './row-sinks.ts';
import { takenNames } from './written-names.ts';

/** What a worker thread must know before its first block. */
export interface TableSetup extends RowModelSetup {
  header: readonly string[];
  format: TableFormat;
  /** Where the values of JSON lines are. */
  paths: readonly JsonPath[] | null;
  onMissing: OnMissing;
  sink: SinkChoice;
  /** Its first element counts runs of the model. */
  runs: Int32Array<SharedArrayBuffer>;
}

/** What came of one block of rows. */
export interface RowsDone extends SinkResult {
  rows: number;
  /** Line ends in the block. */
  lines: number;
  /** The model's outputs; null: no row was predicted. */
  outputs: OutputWidth[] | null;
  onnxruntime: string;
  rejected: RejectedText;
}

/** Predicts the rows of blocks of a table. */
export interface TableRows {
  /**
   * The rows in `bytes[from, end)`; `bytes[end]` is a newline. `spare` is memory that text can go
   * into.
   */
  predict(
    bytes: Uint8Array<ArrayBuffer>,
    from: number,
    end: number,
    spare: ArrayBuffer | null,
  ): Promise<RowsDone>;
}

export async function startRows(setup: TableSetup): Promise<TableRows> {
  const { batch: capacity, header, sink: choice, onMissing, format, paths } = setup;
  const model = await openRowModel(setup);
  const delimiter = format === 'csv' || format === 'tsv' ? delimiters[format] : null;
  const sink = startSink();
  const fed = model.feeds.flatMap(({ input: { columns, dtype }, data }) =>
    columns.map((column, offset): CellTarget => {
      const stride = columns.length;
      return { column, type: dtype, into: data, offset, stride, toBits: float16Bits };
    }),
  );
  const plan = { columns: header, targets: [...fed, ...sink.targets] };
  const scanner =
    delimiter === null
      ? jsonScanner(plan, paths ?? [], onMissing)
      : delimitedScanner(plan, delimiter, onMissing);
  const batch = createBatch(capacity, sink.needsBounds ? header.length : null);
  const rejects = rejectedWriter(header);
  let outputs: OutputWidth[] | null = null;

  return {
    async predict(whole, from, end, spare) {
      const bytes = Buffer.from(whole.buffer, whole.byteOffset + from, end - from + 1);
      scanner.open(bytes, end - from);
      sink.begin(bytes, spare);
      let rows = 0;
      while (scanner.fill(batch)) {
        rejects.add(bytes, scanner.takeRejected());
        if (batch.count === 0) continue;
        const given = await model.run(batch.count);
        Atomics.add(setup.runs, 0, 1);
        outputs = sameOutputs(outputs, given.outputs);
        sink.add(batch, given.outputs);
        rows += batch.count;
        await given.release();
      }
      rejects.add(bytes, scanner.takeRejected());
      const [lines, rejected, { onnxruntime }] = [scanner.lines(), rejects.take(), model];
      return { rows, lines, outputs, onnxruntime, rejected, ...sink.end() };
    },
  };

  function startSink(): RowSink {
    if (choice.kind === 'collect') return collectSink(capacity, choice.columns);
    const append = appendSink(header, takenNames(header, paths), delimiter, choice.select);
    return choice.keep === null ? append : bothSinks(append, collectSink(capacity, [choice.keep]));
  }
}
