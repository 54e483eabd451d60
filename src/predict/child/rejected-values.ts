import { MlregError } from '../../core/errors.ts';
import { quote } from '../../core/text/quote.ts';
import { delimitedCell } from '../../data/append-cells.ts';
import { openSink } from '../../data/byte-sink.ts';
import type { RejectedValue } from '../../data/parquet/row-reader.ts';
import { delimiters } from '../../data/scan-delimited.ts';
import type { TableJob } from './table-job.ts';

/** Takes the rejected rows of a table that is no text. */
export interface RejectedValues {
  /** INVALID_INPUT if nobody takes them; STORAGE if an earlier one could not be written. */
  add(rows: readonly RejectedValue[]): void;
  end(): Promise<void>;
}

/** Writes rejected rows as CSV: the number of the row, from 1, where a table of text has its line. */
export function openRejectedValues(
  { rejects: file, known }: Pick<TableJob, 'rejects' | 'known'>,
  what: string,
  header: readonly string[],
): RejectedValues {
  if (file === null)
    return {
      add(rows) {
        if (rows[0] !== undefined) throw badRow(what, header, rows[0]);
      },
      end: () => Promise.resolve(),
    };
  const sink = openSink(file.descriptor, 'none', file.what);
  const names = header.map((name) => delimitedCell(name, delimiters.csv));
  let failure: unknown;
  let written = known === null ? sink.write(Buffer.from('row,column,reason\n')) : Promise.resolve();
  return {
    add(rows) {
      if (failure !== undefined) throw failure;
      const lines = rows.map(
        ({ row, column, reason }) =>
          `${row},${names[column] ?? ''},${delimitedCell(reason, delimiters.csv)}\n`,
      );
      const bytes = Buffer.from(lines.join(''));
      written = written.then(() => sink.write(bytes));
      written.catch((error: unknown) => (failure ??= error));
    },
    async end() {
      await written;
      await sink.end();
    },
  };
}

function badRow(what: string, header: readonly string[], bad: RejectedValue): MlregError {
  const { row, column, reason, byModel = false } = bad;
  const name = header[column] ?? null;
  const where = name === null ? `row ${row}` : `row ${row}, column ${quote(name)}`;
  return new MlregError(byModel ? 'GATE_FAILED' : 'INVALID_INPUT', `${what}, ${where}: ${reason}`, {
    hint: 'correct it, or set such rows aside with --reject FILE',
    details: { row, column: name, reason },
  });
}
