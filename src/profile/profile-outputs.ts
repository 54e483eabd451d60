import type { VersionRecord } from '../core/versions/version-record.ts';
import type { CollectedOutput } from '../predict/collected-rows.ts';
import { outputColumns } from '../predict/columns/outputs.ts';
import { runTable, type TableOptions } from '../predict/run-table.ts';
import type { Registry } from '../registry/registry.ts';
import { type ColumnCollector, collectColumn } from './column-collector.ts';
import type { ColumnState } from './column-state.ts';
import type { OnRows } from './profile-table.ts';
import { fitToKeep } from './profile.ts';
import { capacityOf } from './read-table.ts';

export interface ProfiledOutputs {
  record: VersionRecord;
  /** As hex: of the same bytes as the profile of the columns. */
  sha256: string;
  /** A column for each that predict would add to the table. */
  outputs: ColumnState[];
}

/** Profiles what a version answers for each row of a table. Rejects as `runTable`. */
export async function profileOutputs(
  registry: Registry,
  options: TableOptions,
  onRows?: OnRows,
): Promise<ProfiledOutputs> {
  let collectors: { output: number; index: number; collector: ColumnCollector; name: string }[] | null = null;
  const begin = (outputs: readonly CollectedOutput[]) => {
    const columns = outputColumns(outputs, []);
    const capacity = capacityOf(columns.length);
    return columns.map(({ name, output, index }) => ({
      name,
      output,
      index,
      collector: collectColumn(name, null, capacity),
    }));
  };
  const { record, done } = await runTable(
    registry,
    options,
    { target: { kind: 'collect', cells: [] } },
    ({ block, ...progress }) => {
      onRows?.(progress);
      if (block === undefined || block.rows === 0) return;
      collectors ??= begin(block.outputs);
      for (const { output, index, collector } of collectors) {
        const own = block.outputs[output];
        if (own !== undefined) addOutput(collector, own, index, block.rows);
      }
    },
  );
  // What a version answers has no names of people in it, except as classes.
  const columns = (collectors ?? begin(done.outputs.map(emptyOutput))).map(({ name, collector }) => ({
    ...collector.finish(),
    name,
  }));
  return { record, sha256: done.sha256, outputs: fitToKeep(columns, new Set()) };
}

function addOutput(
  collector: ColumnCollector,
  { data, width }: CollectedOutput,
  index: number,
  rows: number,
): void {
  if (data instanceof BigInt64Array || data instanceof BigUint64Array)
    collector.addNumbers(Float64Array.from(data, Number), index, rows * width, width);
  else if (!Array.isArray(data)) collector.addNumbers(data, index, rows * width, width);
  else {
    const texts = new Map<string, number>();
    for (let at = index; at < rows * width; at += width) {
      const text = data[at] ?? '';
      texts.set(text, (texts.get(text) ?? 0) + 1);
    }
    collector.addTexts(texts);
  }
}

function emptyOutput(output: {
  name: string;
  width: number;
  classes?: readonly string[] | undefined;
}): CollectedOutput {
  return { ...output, dtype: 'float32', data: new Float32Array(0) };
}
