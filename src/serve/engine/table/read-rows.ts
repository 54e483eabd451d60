import { isMlregError } from '../../../core/errors.ts';
import type { CellTarget, OnMissing } from '../../../data/cell-types.ts';
import { readHeader } from '../../../data/delimited-header.ts';
import { findJsonColumns, jsonName } from '../../../data/json-columns.ts';
import { createBatch, type RowBatch, type RowScanner, type ScanPlan } from '../../../data/row-batch.ts';
import { delimitedScanner, delimiters } from '../../../data/scan-delimited.ts';
import { jsonScanner } from '../../../data/scan-json-lines.ts';
import { textColumns } from '../../../data/text-columns.ts';
import { allocateData, type FeedData } from '../../../onnx/feeds/feed-dtypes.ts';
import { float16Bits } from '../../../onnx/tensors/half-floats.ts';
import { type Binding, type BoundInput, tensorShape } from '../../../predict/columns/binding.ts';
import type { FedTensor } from '../../../runtime/child/repeated-model.ts';
import type { EnginePlan } from '../plan.ts';
import { badRequest, Refusal, shown } from '../refusal.ts';
import { tensor } from '../tensors-in.ts';
import { bindRows } from './bind-rows.ts';

/** More than anybody sends to a server; rows of a few bytes would take many times their size. */
const mostRows = 100_000;
const lineFeed = 10;

/** Rows of a request, as the tensors that they make. */
export interface ReadRows {
  inputs: FedTensor[];
  binding: Binding;
  rows: number;
}

/** Rows of CSV or TSV, with what an answer of the same form needs. */
export interface DelimitedRows extends ReadRows {
  delimiter: number;
  /** The text of the rows, and where each of them is in it. */
  bytes: Buffer;
  batch: RowBatch;
  columns: readonly string[];
  /** The first line, as it came, and its end. */
  head: Buffer;
  lineEnd: Buffer;
}

/** Reads records, one in each line. `rowName` names one by its number from 0. */
export function readRecords(
  lines: Buffer,
  plan: EnginePlan,
  onMissing: OnMissing,
  rowName: (index: number) => string,
): ReadRows {
  const { paths, text } = findJsonColumns(lines, lines.length);
  const columns = paths.map(jsonName);
  const scanner = (plan_: ScanPlan): RowScanner => jsonScanner(plan_, paths, onMissing);
  const { batch: _, ...rows } = readRows(lines, plan, { columns, text, scanner, rowName });
  return rows;
}

/** Reads CSV or TSV with a header. */
export function readDelimited(
  body: Buffer,
  plan: EnginePlan,
  onMissing: OnMissing,
  format: keyof typeof delimiters,
): DelimitedRows {
  const delimiter = delimiters[format];
  // Scanners need a newline behind the last byte.
  const whole = Buffer.concat([body, Buffer.of(lineFeed)]);
  const header = orRefused(() => readHeader(whole, body.length, delimiter, 'the body'));
  const { columns, start, end, next, lines } = header;
  const bytes = whole.subarray(next);
  const text = textColumns(columns, bytes, delimiter);
  const scanner = (plan_: ScanPlan): RowScanner => delimitedScanner(plan_, delimiter, onMissing);
  const rowName = (line: number): string => `line ${lines + line + 1}`;
  const rows = readRows(bytes, plan, { columns, text, scanner, rowName });
  const head = whole.subarray(0, end);
  const lineEnd = next === end ? Buffer.from('\n') : whole.subarray(end, next);
  return { ...rows, delimiter, bytes, columns, head: start < end ? head : Buffer.alloc(0), lineEnd };
}

interface Table {
  columns: readonly string[];
  text: ReadonlySet<number>;
  scanner: (plan: ScanPlan) => RowScanner;
  rowName: (line: number) => string;
}

function readRows(
  bytes: Buffer,
  plan: EnginePlan,
  { columns, text, scanner: open, rowName }: Table,
): ReadRows & { batch: RowBatch } {
  const capacity = countLines(bytes, mostRows + 1);
  const end = bytes.at(-1) === lineFeed ? bytes.length - 1 : bytes.length;
  if (columns.length === 0) {
    // No record could be read, or all are empty.
    const scanner = open({ columns, targets: [] });
    scanner.open(bytes, end);
    scanner.fill(createBatch(1, null));
    refuseRejected(scanner, columns, [], rowName);
    throw badRequest('the request has no rows with values');
  }
  const binding = bindRows(plan, columns, text);
  const fed = binding.inputs.map((input) => ({ input, data: room(input, capacity * input.columns.length) }));
  const targets = fed.flatMap(({ input, data }) =>
    input.columns.map((column, offset): CellTarget => {
      const stride = input.columns.length;
      return { column, type: input.dtype, into: data, offset, stride, toBits: float16Bits };
    }),
  );
  const scanner = open({ columns, targets });
  const batch = createBatch(capacity, null);
  scanner.open(bytes, end);
  const more = scanner.fill(batch) && batch.count > mostRows;
  refuseRejected(scanner, columns, binding.inputs, rowName);
  if (more) throw new Refusal(413, `the request has more than ${mostRows} rows: send fewer at a time`);
  if (batch.count === 0) throw badRequest('the request has no rows');
  const inputs = fed.map(({ input, data }) => tensorOf(input, data, batch.count, binding.batch));
  return { inputs, binding, rows: batch.count, batch };
}

/** The number of lines, or `most`. */
function countLines(bytes: Buffer, most: number): number {
  let lines = 1;
  for (let at = bytes.indexOf(lineFeed); at !== -1 && lines < most; at = bytes.indexOf(lineFeed, at + 1))
    lines++;
  return lines;
}

/** For the first row that cannot be read: its place, the column, what it is for and what came. */
function refuseRejected(
  scanner: RowScanner,
  columns: readonly string[],
  inputs: Binding['inputs'],
  rowName: Table['rowName'],
): void {
  const rejected = scanner.takeRejected();
  const [first] = rejected;
  if (first === undefined) return;
  const where = rowName(first.line);
  const more = rejected.length === 1 ? '' : ` (and ${rejected.length - 1} more rows)`;
  if (first.column < 0) throw badRequest(`${where}: ${first.reason}${more}`);
  const input = inputs.find((one) => one.columns.includes(first.column));
  const expected = input === undefined ? '' : `; expected ${input.dtype} for input ${shown(input.name)}`;
  throw badRequest(`${where}, column ${shown(columns[first.column])}: ${first.reason}${expected}${more}`);
}

/**
 * The tensor of so many rows. A model that fixes its batch gets the last row again and again. Refused
 * if the rows are more than it takes.
 */
export function tensorOf(input: BoundInput, data: FeedData, rows: number, batch: number | null): FedTensor {
  const fed = batch ?? rows;
  if (rows > fed)
    throw badRequest(`the request has ${rows} rows, but the model takes ${fed} at a time: send them apart`);
  const width = input.columns.length;
  const used = Array.isArray(data) ? data.slice(0, rows * width) : data.subarray(0, rows * width);
  if (fed === rows) return tensor(input.dtype, tensorShape(input, fed), used);
  const padded = room(input, fed * width);
  for (let at = 0; at < fed * width; at++)
    padded[at] = used[at < rows * width ? at : (rows - 1) * width + (at % width)] as never;
  return tensor(input.dtype, tensorShape(input, fed), padded);
}

function room({ dtype }: BoundInput, count: number): FeedData {
  return dtype === 'string' ? Array.from({ length: count }, () => '') : allocateData(dtype, count);
}

function orRefused<Result>(read: () => Result): Result {
  try {
    return read();
  } catch (error) {
    if (!isMlregError(error, 'INVALID_INPUT')) throw error;
    throw badRequest(error.message);
  }
}
