import { MlregError } from '../core/errors.ts';
import { quote } from '../core/text/quote.ts';
import type { CellTarget } from '../data/cell-types.ts';
import { namesAsWritten } from '../data/delimited-header.ts';
import { createBatch } from '../data/row-batch.ts';
import type { RowScanner } from '../data/row-batch.ts';
import { refuseRejected } from '../data/refuse-rejected.ts';
import { delimitedScanner, delimiters } from '../data/scan-delimited.ts';
import { jsonScanner } from '../data/scan-json-lines.ts';
import type { TableKind } from '../data/table-format.ts';
import { openTable, recordTooLong } from '../predict/child/open-table.ts';
import { RecordTooLong } from '../data/read-blocks.ts';
import { type ColumnCollector, collectColumn } from './column-collector.ts';
import type { AskedType, ColumnState } from './column-state.ts';

/** A table whose columns are profiled. */
export interface TableSource {
  descriptor: number;
  /** Its name in messages. */
  what: string;
  kind: TableKind;
  /** The option that corrects the kind. */
  flag: string;
}

export interface ColumnPlan {
  /** Types by the names of columns; the others are told by their values. */
  types: ReadonlyMap<string, AskedType>;
  /** Columns that are redacted. */
  redact: ReadonlySet<string>;
  /** Hears how many rows and bytes were read. */
  onProgress?: ((read: { rows: number; bytes: number }) => void) | undefined;
}

export interface ReadColumns {
  rows: number;
  /** SHA-256 of the bytes, as hex. */
  sha256: string;
  columns: ColumnState[];
}

/** Numbers that are held at once, in all columns together: 128 MB. */
const mostHeld = 2 ** 24;
const mostCells = 2 ** 20;

/** How many numbers of each column are held exactly. */
export function capacityOf(columns: number): number {
  return Math.max(4096, Math.floor(mostHeld / Math.max(1, columns)));
}

export function rowsOfBatch(columns: number): number {
  return Math.max(16, Math.min(2048, Math.floor(mostCells / Math.max(1, columns))));
}

/**
 * Reads all rows of CSV, TSV or JSON lines. INVALID_INPUT for a table without columns, with two of
 * one name or a malformed row, which it names.
 */
export async function readTextTable(source: TableSource, plan: ColumnPlan): Promise<ReadColumns> {
  const { what, kind } = source;
  const open = await openTable({ table: source, shard: null });
  const delimiter = kind.format === 'csv' || kind.format === 'tsv' ? delimiters[kind.format] : null;
  const written = delimiter === null ? open.columns : namesAsWritten(open.head.line, delimiter);
  const table = { ...open, columns: written };
  checkColumns(table.columns, plan, what);
  const capacity = rowsOfBatch(table.columns.length);
  const cells = table.columns.flatMap((name, column) => {
    const asked = plan.types.get(name) ?? null;
    if (asked === 'ignore') return [];
    const asText = asked === null ? table.text.has(column) : asked !== 'numeric';
    return [collectCells(name, column, asked, asText, capacity, capacityOf(table.columns.length))];
  });
  const shape = { columns: table.columns, targets: cells.map(({ target }) => target) };
  const scanner: RowScanner =
    delimiter === null
      ? jsonScanner(shape, table.paths ?? [], 'nan')
      : delimitedScanner(shape, delimiter, 'nan');
  const batch = createBatch(capacity, null);
  let rows = 0;
  let { line, from } = table;
  for (let block: typeof table.first | null = table.first; block !== null; from = 0) {
    const bytes = Buffer.from(block.bytes.buffer, block.bytes.byteOffset + from, block.end - from + 1);
    scanner.open(bytes, block.end - from);
    while (scanner.fill(batch)) {
      refuseRejected(scanner, { columns: table.columns, line, what, why: 'a profile is of all rows' });
      for (const own of cells) own.take(batch.count);
      rows += batch.count;
    }
    refuseRejected(scanner, { columns: table.columns, line, what, why: 'a profile is of all rows' });
    line += scanner.lines();
    table.reader.reuse(block.bytes);
    plan.onProgress?.({ rows, bytes: table.source.bytesRead() });
    block = await table.reader.next().catch((error: unknown) => {
      throw error instanceof RecordTooLong ? recordTooLong(what, line) : error;
    });
  }
  return {
    rows,
    sha256: table.source.sha256(),
    columns: cells.map(({ collector }) => collector.finish()),
  };
}

/** INVALID_INPUT for two columns of one name, or an option about a column that does not exist. */
export function checkColumns(names: readonly string[], { types, redact }: ColumnPlan, what: string): void {
  const known = new Set<string>();
  for (const name of names) {
    if (known.has(name))
      throw new MlregError('INVALID_INPUT', `${what} has two columns ${quote(name)}`, {
        hint: 'give each column a name of its own',
      });
    known.add(name);
  }
  for (const [flag, asked] of [
    ['--type', types.keys()],
    ['--redact', redact.values()],
  ] as const)
    for (const name of asked)
      if (!known.has(name))
        throw new MlregError('INVALID_INPUT', `${what} has no column ${quote(name)}, which ${flag} names`, {
          hint: `its columns: ${[...known]
            .slice(0, 20)
            .map((one) => quote(one))
            .join(', ')}`,
        });
}

/** A column's place in the scanner, and what takes its cells batch after batch. */
function collectCells(
  name: string,
  column: number,
  asked: ColumnState['asked'],
  asText: boolean,
  rows: number,
  capacity: number,
): { target: CellTarget; collector: ColumnCollector; take(count: number): void } {
  const collector = collectColumn(name, asked, capacity);
  const dictionary = new Map<string, number>();
  const into = asText ? new Int32Array(rows) : new Float64Array(rows);
  const type = asText ? 'text' : 'number';
  return {
    target: { column, type, into, offset: 0, stride: 1, dictionary },
    collector,
    take(count) {
      if (asText) collector.addTexts(countTexts(dictionary, into, count));
      else {
        collector.addNumbers(into, 0, count, 1);
        if (dictionary.size > 0) collector.addStrangers(dictionary);
      }
      dictionary.clear();
    },
  };
}

/** How often each text of a dictionary occurs among the first codes. */
export function countTexts(
  dictionary: ReadonlyMap<string, number>,
  codes: ArrayLike<number>,
  count: number,
): Map<string, number> {
  const times = new Float64Array(dictionary.size);
  for (let row = 0; row < count; row++) times[codes[row] as number]!++;
  return new Map(
    [...dictionary].flatMap(([text, code]) => {
      const rows = times[code] as number;
      return rows > 0 ? [[text, rows] as const] : [];
    }),
  );
}
