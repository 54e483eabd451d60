import { delimitedCell } from '../../data/append-cells.ts';
import { openSink } from '../../data/byte-sink.ts';
import { delimiters } from '../../data/scan-delimited.ts';
import type { OutputWidth } from '../columns/outputs.ts';
import type { OpenTable } from './open-table.ts';
import type { TableJob } from './table-job.ts';
import { takenNames, writtenNames } from './written-names.ts';

/** Writes the text of predicted rows behind the names of their columns. */
export interface TableOutput {
  /** `outputs` are known once a row was predicted; before that, there is no text. */
  write(text: Uint8Array, outputs: OutputWidth[] | null): Promise<void>;
  end(outputs: readonly OutputWidth[]): Promise<void>;
  /** Whether the reader of a pipe has left. */
  isClosed(): boolean;
}

const nowhere: TableOutput = {
  write: () => Promise.resolve(),
  end: () => Promise.resolve(),
  isClosed: () => false,
};

export function openOutput(
  { target, table, shard }: TableJob,
  { columns, head, paths }: OpenTable,
): TableOutput {
  if (target.kind !== 'append') return nowhere;
  const { output, select } = target;
  const { format } = table.kind;
  const sink = openSink(output.descriptor, output.compression, output.what);
  let begun = false;
  const begin = async (outputs: readonly OutputWidth[]): Promise<void> => {
    begun = true;
    // The first part has what stands before the rows.
    if (shard !== null && shard.index > 1) return;
    await sink.write(head.mark);
    if (format !== 'csv' && format !== 'tsv') return;
    const delimiter = delimiters[format];
    const between = String.fromCharCode(delimiter);
    const names = writtenNames(columns, outputs, select, takenNames(columns, paths)).map((name) =>
      delimitedCell(name, delimiter),
    );
    const added = Buffer.from(names.join(between));
    const line = select === null ? [head.line, Buffer.from(between), added] : [added];
    await sink.write(Buffer.concat([...line, head.lineEnd]));
  };
  return {
    async write(text, outputs) {
      if (outputs === null) return;
      if (!begun) await begin(outputs);
      await sink.write(text);
    },
    async end(outputs) {
      if (!begun) await begin(outputs);
      await sink.end();
    },
    isClosed: () => sink.isClosed(),
  };
}
