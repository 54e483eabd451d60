import { isMlregError } from '../core/errors.ts';
import type { VersionRecord } from '../core/versions/version-record.ts';
import { bindColumns, type BindingOptions } from '../predict/columns/binding.ts';
import type { TableData } from './columns/column-data.ts';

/** The columns that fill a model's inputs, or why they cannot be told. */
export type ModelInputs = { names: ReadonlySet<string> } | { problem: string } | null;

/**
 * Which columns of the reference fill the inputs of a version: as predict would choose them, of all
 * columns, or of those that the live data has, too, since a reference often holds the target. Null: it
 * is no ONNX model.
 */
export function modelInputs(
  { onnx }: Pick<VersionRecord, 'onnx'>,
  reference: Pick<TableData, 'names' | 'columns'>,
  live: Pick<TableData, 'names'>,
  target: string | null,
  options: BindingOptions,
): ModelInputs {
  if (onnx === null) return null;
  const { signature } = onnx;
  const inLive = new Set(live.names.map((name) => name.trim()));
  const all = reference.names.filter((name) => name !== target);
  let problem = '';
  for (const names of [all, all.filter((name) => inLive.has(name.trim()))]) {
    const found = bind(names);
    if (typeof found !== 'string') return { names: found };
    problem ||= found;
  }
  return { problem };

  function bind(names: readonly string[]): ReadonlySet<string> | string {
    const kinds = new Map(reference.columns.map(({ name, kind }) => [name, kind]));
    const text = new Set(names.flatMap((name, at) => (kinds.get(name) === 'text' ? [at] : [])));
    try {
      const { inputs } = bindColumns(
        names.map((name) => name.trim()),
        signature,
        { ...options, text },
      );
      return new Set(inputs.flatMap(({ columns }) => columns.map((at) => names[at] ?? '')));
    } catch (error) {
      if (isMlregError(error, 'INVALID_INPUT')) return error.message;
      throw error;
    }
  }
}
