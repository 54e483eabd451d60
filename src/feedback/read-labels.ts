import { fstatSync } from 'node:fs';
import { MlregError } from '../core/errors.ts';
import { quote } from '../core/text/quote.ts';
import type { CellTarget } from '../data/cell-types.ts';
import { createBatch, type RowScanner } from '../data/row-batch.ts';
import { delimitedScanner, delimiters } from '../data/scan-delimited.ts';
import { jsonScanner } from '../data/scan-json-lines.ts';
import { checkFirstBytes, type TableKind } from '../data/table-format.ts';
import { openTable } from '../predict/child/open-table.ts';

/** A file of labels. */
export interface LabelFile {
  descriptor: number;
  what: string;
  kind: TableKind;
  flag: string;
}

/** The columns of a file of labels, each with the option that names it. */
export type LabelColumns = readonly { name: string; flag: string }[];

/** Hears of each row: the text of its cells in the wanted columns, in their order. */
export type OnRow = (cells: readonly string[]) => void;

const batchRows = 2048;

/** Reads columns of a table as texts. Returns the SHA-256 of its bytes, as hex. INVALID_INPUT for a
 * malformed row, or a column that is not there. */
export async function readLabels(file: LabelFile, columns: LabelColumns, onRow: OnRow): Promise<string> {
  return file.kind.format === 'parquet' ? readParquet(file, columns, onRow) : readText(file, columns, onRow);
}

async function readText(file: LabelFile, columns: LabelColumns, onRow: OnRow): Promise<string> {
  const { what, kind } = file;
  const table = await openTable({ table: file, shard: null });
  const cells = cellsOf(columns, table.columns, what);
  const shape = { columns: table.columns, targets: cells.map(({ target }) => target) };
  const scanner: RowScanner =
    kind.format === 'csv' || kind.format === 'tsv'
      ? delimitedScanner(shape, delimiters[kind.format], 'nan')
      : jsonScanner(shape, table.paths ?? [], 'nan');
  const batch = createBatch(batchRows, null);
  let { line, from } = table;
  for (let block: typeof table.first | null = table.first; block !== null; from = 0) {
    scanner.open(
      Buffer.from(block.bytes.buffer, block.bytes.byteOffset + from, block.end - from + 1),
      block.end - from,
    );
    while (scanner.fill(batch)) {
      refuseFirst(scanner, line, what);
      tell(cells, batch.count, onRow);
    }
    refuseFirst(scanner, line, what);
    line += scanner.lines();
    table.reader.reuse(block.bytes);
    block = await table.reader.next();
  }
  return table.source.sha256();
}

async function readParquet(file: LabelFile, columns: LabelColumns, onRow: OnRow): Promise<string> {
  const { descriptor, what, kind, flag } = file;
  if (!fstatSync(descriptor).isFile())
    throw new MlregError('INVALID_INPUT', `${what} is a pipe, from which Parquet cannot be read`, {
      hint: 'save it to a file first: its index is at the end',
    });
  // DuckDB is only loaded for Parquet.
  const [{ hashFile }, { openLocked }, { openParquet }, { rowReader }, { streamRows }] = await Promise.all([
    import('../data/parquet/hash-file.ts'),
    import('../data/parquet/locked-database.ts'),
    import('../data/parquet/parquet-table.ts'),
    import('../data/parquet/row-reader.ts'),
    import('../data/parquet/stream-rows.ts'),
  ]);
  const check = (bytes: Uint8Array): void => checkFirstBytes(kind, bytes, what, flag);
  const { sha256 } = await hashFile(descriptor, what, check, () => undefined);
  const database = await openLocked([descriptor]);
  try {
    const table = await openParquet(database, descriptor, what);
    const cells = cellsOf(
      columns,
      table.columns.map(({ name }) => name),
      what,
    );
    const targets = cells.map(({ target }) => target);
    const used = [...new Set(targets.map(({ column }) => column))].sort((one, other) => one - other);
    const reader = rowReader(table, used, targets, 'nan');
    await streamRows(table, used, { from: 0, to: table.rows }, (chunk, first) => {
      reader.read((at) => chunk.getColumnVector(at), chunk.rowCount, first);
      tell(cells, chunk.rowCount, onRow);
      return Promise.resolve('more');
    });
  } finally {
    database.close();
  }
  return sha256;
}

interface Cells {
  target: CellTarget;
  codes: Int32Array;
  dictionary: Map<string, number>;
}

function cellsOf(columns: LabelColumns, header: readonly string[], what: string): Cells[] {
  return columns.map(({ name, flag }) => {
    const column = header.indexOf(name);
    if (column === -1 || header.includes(name, column + 1))
      throw new MlregError(
        'INVALID_INPUT',
        column === -1
          ? `${what} has no column ${quote(name)}, which ${flag} names`
          : `${what} has two columns ${quote(name)}, which ${flag} names`,
        {
          hint: `its columns: ${header
            .slice(0, 20)
            .map((one) => quote(one))
            .join(', ')}`,
        },
      );
    const codes = new Int32Array(batchRows);
    const dictionary = new Map<string, number>();
    const target: CellTarget = { column, type: 'text', into: codes, offset: 0, stride: 1, dictionary };
    return { target, codes, dictionary };
  });
}

/** Hands rows on, and forgets their texts. */
function tell(cells: readonly Cells[], count: number, onRow: OnRow): void {
  const texts = cells.map(({ dictionary }) => [...dictionary.keys()]);
  for (let row = 0; row < count; row++)
    onRow(cells.map(({ codes }, at) => texts[at]?.[codes[row] as number] ?? ''));
  for (const { dictionary } of cells) dictionary.clear();
}

function refuseFirst(scanner: RowScanner, line: number, what: string): void {
  const [first] = scanner.takeRejected();
  if (first === undefined) return;
  throw new MlregError('INVALID_INPUT', `${what}, line ${line + first.line}: ${first.reason}`, {
    hint: 'correct the row, or leave it out',
  });
}
