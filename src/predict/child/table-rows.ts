import { quote } from '../../core/text/quote.ts';
import type { CellTarget, OnMissing } from '../../data/cell-types.ts';
import type { JsonPath } from '../../data/json-columns.ts';
import { createBatch, keepRows, keepValues, type RejectedRow, type ScanPlan } from '../../data/row-batch.ts';
import { delimitedScanner, delimiters } from '../../data/scan-delimited.ts';
import { jsonScanner } from '../../data/scan-json-lines.ts';
import type { TableFormat } from '../../data/table-format.ts';
import { float16Bits } from '../../onnx/tensors/half-floats.ts';
import { outputColumns, type OutputWidth } from '../columns/outputs.ts';
import { type RejectedText, rejectedWriter } from './rejected-text.ts';
import { openRowModel, type RowModelSetup, sameOutputs } from './row-model.ts';
import { mostFailedFirst, type FailedRow, placesThatRan, runRows } from './run-rows.ts';
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
  /** Whether rows that cannot be predicted are set aside; if not, the first one is enough. */
  setsAside: boolean;
  sink: SinkChoice;
  /** Its first element counts runs of the model. */
  runs: Int32Array<SharedArrayBuffer>;
}

/** Rows for a worker: those in `bytes[from, end)`. */
export interface RowsTask {
  bytes: Uint8Array<ArrayBuffer>;
  from: number;
  end: number;
  /** Memory for the text that comes of the rows. */
  spare: ArrayBuffer | null;
  isFirst: boolean;
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
  /** Of each rejected row, how many rows of the block before it were predicted. */
  rejectedAfter: Int32Array;
  /** Whether the model failed on each of the first rows of the table, so that the rest was left. */
  failsAlways: boolean;
}

/** Predicts the rows of blocks of a table. */
export interface TableRows {
  /**
   * The rows in `bytes[from, end)`; `bytes[end]` is a newline. `spare` is memory that text can go
   * into. `isFirst`: no rows come before them.
   */
  predict(block: RowsTask): Promise<RowsDone>;
}

export async function startRows(setup: TableSetup): Promise<TableRows> {
  const { batch: capacity, header, sink: choice, onMissing, setsAside, format, paths } = setup;
  const model = await openRowModel(setup);
  const delimiter = format === 'csv' || format === 'tsv' ? delimiters[format] : null;
  const sink = startSink();
  const fed = model.feeds.flatMap(({ input: { columns, dtype }, data }) =>
    columns.map((column, offset): CellTarget => {
      const stride = columns.length;
      return { column, type: dtype, into: data, offset, stride, toBits: float16Bits };
    }),
  );
  /** Values of JSON lines that are no columns: the member of the record, and its row. */
  let strangers: { place: number; member: string }[] = [];
  const plan: ScanPlan = {
    columns: header,
    targets: [...fed, ...sink.targets],
    // Members are written beside predictions.
    ...(choice.kind === 'append' && choice.select === null
      ? { onStranger: (place, member) => void strangers.push({ place, member }) }
      : {}),
  };
  const scanner =
    delimiter === null
      ? jsonScanner(plan, paths ?? [], onMissing)
      : delimitedScanner(plan, delimiter, onMissing);
  const batch = createBatch(capacity, sink.needsBounds ? header.length : null);
  const rejects = rejectedWriter(header);
  let outputs: OutputWidth[] | null = null;
  let names: Set<string> | null = null;

  return {
    async predict({ bytes: whole, from, end, spare, isFirst }) {
      const bytes = Buffer.from(whole.buffer, whole.byteOffset + from, end - from + 1);
      scanner.open(bytes, end - from);
      sink.begin(bytes, spare);
      const lineAt = lineCounter(bytes);
      const mostFirst = isFirst ? mostFailedFirst : Infinity;
      let [rows, failed] = [0, 0];
      const rejectedAfter: number[] = [];
      const reject = (rejected: readonly RejectedRow[]): void => {
        rejects.add(bytes, rejected);
        let place = 0;
        for (const { start } of rejected) {
          while (place < batch.count && (batch.starts[place] ?? 0) < start) place++;
          rejectedAfter.push(rows + place);
        }
      };
      let failsAlways = false;
      for (strangers = []; scanner.fill(batch); strangers = []) {
        const unreadable = [...scanner.takeRejected(), ...(await leaveClashesOut(bytes, lineAt))];
        const count = batch.count;
        const mostFailed = setsAside ? (rows === 0 ? mostFirst - failed : Infinity) : 1;
        const run = count === 0 ? null : await runRows(model, count, { mostFailed, onRun });
        if (run === null || run.failed.length === 0) reject(inOrder(unreadable, []));
        else reject(inOrder(unreadable, leaveOut(run.failed, true, sink.targets, bytes, lineAt)));
        failed += run?.failed.length ?? 0;
        failsAlways = rows === 0 && failed >= mostFirst && run?.outputs.length === 0;
        if (failsAlways || (!setsAside && rejects.count() > 0)) break;
        if (run === null || batch.count === 0) continue;
        outputs = sameOutputs(outputs, run.outputs);
        sink.add(batch, run.outputs);
        rows += batch.count;
        await run.release();
      }
      batch.count = 0;
      reject(scanner.takeRejected());
      const [lines, rejected, { onnxruntime }] = [scanner.lines(), rejects.take(), model];
      return {
        rows,
        lines,
        outputs,
        onnxruntime,
        rejected,
        rejectedAfter: Int32Array.from(rejectedAfter),
        failsAlways,
        ...sink.end(),
      };
    },
  };

  function onRun(): void {
    Atomics.add(setup.runs, 0, 1);
  }

  /** Leaves out rows with a member that has the name of a prediction, and came up after the first rows. */
  async function leaveClashesOut(bytes: Buffer, lineAt: LineAt): Promise<readonly RejectedRow[]> {
    if (strangers.length === 0 || batch.count === 0) return [];
    names ??= await predictedNames();
    const clashes = new Map<number, FailedRow>();
    for (const { place, member } of strangers)
      if (place < batch.count && names?.has(member) === true)
        clashes.set(place, { place, reason: `key ${quote(member)} is the name of a prediction` });
    if (clashes.size === 0) return [];
    return leaveOut([...clashes.values()], false, plan.targets, bytes, lineAt);
  }

  /** The names of the columns that are added; null: the model fails on the first row. */
  async function predictedNames(): Promise<Set<string> | null> {
    const { outputs: first, release } = await runRows(model, 1, { mostFailed: 1, onRun });
    const named = first.length === 0 ? null : outputColumns(first, takenNames(header, paths));
    await release();
    return named && new Set(named.map(({ name }) => name));
  }

  /** Leaves rows out of the batch and of what the targets hold. */
  function leaveOut(
    failed: readonly FailedRow[],
    byModel: boolean,
    targets: readonly CellTarget[],
    bytes: Buffer,
    lineAt: LineAt,
  ): readonly RejectedRow[] {
    const rejected = failed.map(({ place, reason }): RejectedRow => {
      const start = batch.starts[place] ?? 0;
      const next = batch.nexts[place] ?? start;
      return {
        line: lineAt(start),
        column: -1,
        reason,
        byModel,
        start,
        // Of JSON lines, the batch has the place of the brace.
        end: delimiter === null ? lineEnd(bytes, next) : (batch.ends[place] ?? next),
      };
    });
    const places = placesThatRan(batch.count, failed);
    keepRows(batch, header.length, places);
    for (const target of targets) keepValues(target, places);
    return rejected;
  }

  function startSink(): RowSink {
    if (choice.kind === 'collect') return collectSink(capacity, choice.columns);
    const append = appendSink(header, takenNames(header, paths), delimiter, choice.select);
    return choice.keep === null ? append : bothSinks(append, collectSink(capacity, [choice.keep]));
  }
}

type LineAt = (at: number) => number;

/** Counts the line ends before places that only grow. */
function lineCounter(bytes: Buffer): LineAt {
  let [line, from] = [0, 0];
  return (at) => {
    for (let next = bytes.indexOf(lineFeed, from); next !== -1 && next < at; line++) {
      from = next + 1;
      next = bytes.indexOf(lineFeed, from);
    }
    return line;
  };
}

/** Where the line ends whose next one begins at `next`. */
function lineEnd(bytes: Buffer, next: number): number {
  return bytes[next - 1] === lineFeed ? next - 1 : next;
}

function inOrder(one: readonly RejectedRow[], other: readonly RejectedRow[]): RejectedRow[] {
  return [...one, ...other].sort((first, second) => first.start - second.start);
}

const lineFeed = 10;
