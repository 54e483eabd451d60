import { MlregError } from '../../core/errors.ts';
import { quote } from '../../core/text/quote.ts';
import type { CellTarget } from '../../data/cell-types.ts';
import { namesAsWritten } from '../../data/delimited-header.ts';
import { RecordTooLong } from '../../data/read-blocks.ts';
import { isNumberLike } from '../../data/read-cell.ts';
import { createBatch, type RowBatch, type RowScanner } from '../../data/row-batch.ts';
import { refuseRejected } from '../../data/refuse-rejected.ts';
import { delimitedScanner, delimiters } from '../../data/scan-delimited.ts';
import { jsonScanner } from '../../data/scan-json-lines.ts';
import { type OpenTable, openTable, recordTooLong } from '../../predict/child/open-table.ts';
import type { AskedType } from '../../profile/column-state.ts';
import { readTime } from '../../profile/read-time.ts';
import type { TableSource } from '../../profile/read-table.ts';
import { type CellKind, type ColumnData, type TableData, textCodes } from './column-data.ts';
import { columnStore } from './column-store.ts';

export interface ReadPlan {
  /** Types by the names of columns; the others are told by their values. */
  types: ReadonlyMap<string, AskedType>;
  /** A folder for columns that do not fit into memory. */
  folder: string;
  signal: AbortSignal | undefined;
  onRead(read: { rows: number; bytes: number }): void;
}

/** Cells of all columns that are in buffers at once: 16 MB. */
const mostBuffered = 2 ** 21;
const mostBatchRows = 2048;

/**
 * Reads CSV, TSV or JSON lines once, from start to end. INVALID_INPUT for a table without columns,
 * with two of one name, or with a malformed row, which it names.
 */
export async function readTextTable(source: TableSource, plan: ReadPlan): Promise<Omit<TableData, 'file'>> {
  const { what } = source;
  const table = await openTable({ table: source, shard: null });
  const { format } = source.kind;
  const names =
    format === 'csv' || format === 'tsv'
      ? namesAsWritten(table.head.line, delimiters[format])
      : table.columns;
  refuseTwins(names, what);
  const wanted = names.flatMap((name, at) => (plan.types.get(name) === 'ignore' ? [] : [at]));
  const batchRows = Math.max(16, Math.min(mostBatchRows, Math.floor(mostBuffered / 2 / (wanted.length + 1))));
  const kinds = firstKinds(source, table, names, wanted, plan, batchRows);
  const chunkRows = Math.max(batchRows, Math.min(2 ** 16, Math.floor(mostBuffered / (wanted.length + 1))));
  const cells = wanted.map((column, at) =>
    collectCells(names[column] ?? '', column, kinds[at] ?? 'number', batchRows, chunkRows),
  );
  const store = columnStore(
    cells.length,
    plan.folder,
    `${what === 'stdin' ? 'stdin' : 'table'}-${source.descriptor}`,
  );
  try {
    const scanner = scannerOf(
      source,
      table,
      cells.map(({ target }) => target),
    );
    const batch = createBatch(batchRows, null);
    let [rows, held] = [0, 0];
    const keep = (): void => {
      store.add(
        cells.map(({ buffer }) => buffer),
        held,
      );
      held = 0;
    };
    await eachBatch(source, table, scanner, batch, plan, () => {
      if (held + batch.count > chunkRows) keep();
      for (const cell of cells) cell.take(batch.count, held);
      held += batch.count;
      rows += batch.count;
      return rows;
    });
    keep();
    return {
      sha256: table.source.sha256(),
      rows,
      names,
      columns: cells.map((cell, at) =>
        cell.finish(rows, (into) => {
          store.load(at, into);
        }),
      ),
      close: () => {
        store.close();
      },
    };
  } catch (error) {
    store.close();
    throw error;
  }
}

export function refuseTwins(names: readonly string[], what: string): void {
  const seen = new Set<string>();
  for (const name of names) {
    if (seen.has(name))
      throw new MlregError('INVALID_INPUT', `${what} has two columns ${quote(name)}`, {
        hint: 'give each column a name of its own',
      });
    seen.add(name);
  }
}

function scannerOf(
  { kind }: TableSource,
  { columns, paths }: OpenTable,
  targets: readonly CellTarget[],
): RowScanner {
  const shape = { columns, targets };
  return kind.format === 'csv' || kind.format === 'tsv'
    ? delimitedScanner(shape, delimiters[kind.format], 'nan')
    : jsonScanner(shape, paths ?? [], 'nan');
}

function openBlock(scanner: RowScanner, block: OpenTable['first'], from: number): void {
  const bytes = Buffer.from(block.bytes.buffer, block.bytes.byteOffset + from, block.end - from + 1);
  scanner.open(bytes, block.end - from);
}

async function eachBatch(
  { what }: TableSource,
  table: OpenTable,
  scanner: RowScanner,
  batch: RowBatch,
  plan: ReadPlan,
  take: () => number,
): Promise<void> {
  let { line, from } = table;
  let rows = 0;
  for (let block: typeof table.first | null = table.first; block !== null; from = 0) {
    plan.signal?.throwIfAborted();
    openBlock(scanner, block, from);
    while (scanner.fill(batch)) {
      refuseRejected(scanner, { columns: table.columns, line, what, why: 'drift is of all rows' });
      rows = take();
    }
    refuseRejected(scanner, { columns: table.columns, line, what, why: 'drift is of all rows' });
    line += scanner.lines();
    table.reader.reuse(block.bytes);
    plan.onRead({ rows, bytes: table.source.bytesRead() });
    block = await table.reader.next().catch((error: unknown) => {
      throw error instanceof RecordTooLong ? recordTooLong(what, line) : error;
    });
  }
}

/** What each column holds, by its values in the first rows. */
function firstKinds(
  source: TableSource,
  table: OpenTable,
  names: readonly string[],
  wanted: readonly number[],
  { types }: ReadPlan,
  rows: number,
): ('number' | 'datetime' | 'text')[] {
  const targets = wanted.map((column) => {
    const dictionary = new Map<string, number>();
    return { column, type: 'text' as const, into: new Int32Array(rows), offset: 0, stride: 1, dictionary };
  });
  const scanner = scannerOf(source, table, targets);
  openBlock(scanner, table.first, table.from);
  const batch = createBatch(rows, null);
  scanner.fill(batch);
  return targets.map(({ column, into, dictionary }) => {
    const asked = types.get(names[column] ?? '');
    if (asked !== undefined) return asked === 'numeric' ? 'number' : asked === 'datetime' ? asked : 'text';
    const counts = new Float64Array(dictionary.size);
    for (let row = 0; row < batch.count; row++) counts[into[row] as number]!++;
    return kindOfTexts([...dictionary].map(([text, code]) => [text, counts[code] ?? 0]));
  });
}

/** Numbers, if at least half of the values are; times, if all are. */
export function kindOfTexts(counted: readonly (readonly [text: string, rows: number])[]) {
  let [numbers, others, times] = [0, 0, 0];
  for (const [text, rows] of counted) {
    const isNumber = isNumberLike(text);
    if (isNumber === null) continue;
    if (isNumber) numbers += rows;
    else {
      others += rows;
      if (!Number.isNaN(readTime(text))) times += rows;
    }
  }
  if (numbers >= others) return 'number';
  return numbers === 0 && times === others ? 'datetime' : 'text';
}

interface CollectedCells {
  target: CellTarget;
  buffer: Float64Array;
  /** Moves a batch of cells into the buffer, from `at` on. */
  take(count: number, at: number): void;
  finish(rows: number, load: (into: Float64Array) => void): ColumnData;
}

function collectCells(
  name: string,
  column: number,
  kind: 'number' | 'datetime' | 'text',
  batchRows: number,
  chunkRows: number,
): CollectedCells {
  const buffer = new Float64Array(chunkRows);
  const dictionary = new Map<string, number>();
  let [invalid, others, present] = [0, 0, 0];
  const codes = textCodes();
  const isText = kind !== 'number';
  const into = isText ? new Int32Array(batchRows) : new Float64Array(batchRows);
  const valueOf = (text: string): number => {
    if (isNumberLike(text) === null) return Number.NaN;
    if (kind === 'text') return codes.codeOf(text);
    const time = readTime(text);
    return Number.isNaN(time) ? Infinity : time;
  };
  function takeTexts(count: number, at: number): void {
    const values = Float64Array.from(dictionary.keys(), valueOf);
    for (let row = 0; row < count; row++) {
      const value = values[into[row] as number] as number;
      buffer[at + row] = value === Infinity ? Number.NaN : value;
      if (value === value) present++;
      if (value === Infinity) invalid++;
      if (value === -1 && kind === 'text') others++;
    }
    dictionary.clear();
  }
  return {
    target: { column, type: isText ? 'text' : 'number', into, offset: 0, stride: 1, dictionary },
    buffer,
    take(count, at) {
      if (isText) return takeTexts(count, at);
      const numbers = into as Float64Array;
      buffer.set(count === batchRows ? numbers : numbers.subarray(0, count), at);
      for (let row = 0; row < count; row++) if (numbers[row] === numbers[row]) present++;
      if (dictionary.size === 0) return;
      for (const rows of dictionary.values()) invalid += rows;
      dictionary.clear();
    },
    finish: (rows, load) => ({
      name,
      kind: present + invalid === 0 ? 'none' : (kind satisfies CellKind),
      rows,
      invalid: () => invalid,
      load: async (values) => {
        load(values);
      },
      texts: () => codes.texts,
      others: () => others,
    }),
  };
}
