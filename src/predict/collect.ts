import { digestOf } from '../core/versions/artifact.ts';
import type { VersionRecord } from '../core/versions/version-record.ts';
import type { Binding } from './columns/binding.ts';
import type { Registry } from '../registry/registry.ts';
import { type CollectedRows, collectRows } from './collected-rows.ts';
import type { MaxRejects } from './max-rejects.ts';
import { type OnTable, type OpenFile, runTable, type TableOptions } from './run-table.ts';

export interface CollectInput extends TableOptions {
  /** Columns whose text is wanted, by name, each with the option that asks for it. */
  cells: readonly { column: string; flag: string }[];
  /** Takes rejected rows; absent: the first one ends the run. */
  rejects?: OpenFile | undefined;
  /** Rows that are not written there, by their places among all rows. */
  known?: Int32Array | undefined;
  maxRejects?: MaxRejects | undefined;
  onProgress?: OnTable | undefined;
}

export interface Collected extends CollectedRows {
  record: VersionRecord;
  /** Which columns fill the model's inputs. */
  binding: Binding;
  warnings: string[];
}

/** Predicts every row of a table, and holds the predictions in memory. Rejects as `runTable`. */
export async function collectPredictions(
  registry: Registry,
  { cells, rejects, known, maxRejects, onProgress, ...options }: CollectInput,
): Promise<Collected> {
  const collector = collectRows(cells.map(({ column }) => column));
  const { record, done } = await runTable(
    registry,
    options,
    {
      target: { kind: 'collect', cells },
      rejects: rejects ?? null,
      known: known ?? null,
      maxRejects: maxRejects ?? null,
    },
    ({ block, ...progress }) => {
      if (block !== undefined) collector.add(block);
      onProgress?.(progress);
    },
  );
  return {
    ...collector.finish(),
    digest: digestOf(done.sha256),
    header: done.header,
    rejected: done.rejected,
    record,
    binding: done.binding,
    warnings: [],
  };
}
