import { basename, dirname } from 'node:path';
import { MlregError } from '../core/errors.ts';
import { counted } from '../core/text/numbers.ts';
import { quote } from '../core/text/quote.ts';
import { digestOf } from '../core/versions/artifact.ts';
import { formatReference } from '../core/versions/reference.ts';
import { type TableFormat, type TableKind, tableKindOf, tableKindWord } from '../data/table-format.ts';
import { type OutputFile, startOutputFile } from '../files/output-file.ts';
import { whereabouts } from '../files/path-guards.ts';
import { refuseOwnFolder } from '../registry/location.ts';
import type { Registry } from '../registry/registry.ts';
import type { ColumnChoice } from './column-choice.ts';
import type { MaxRejects } from './max-rejects.ts';
import type { PredictResult } from './predict-result.ts';
import { type OnTable, runTable, type TableOptions } from './run-table.ts';

export interface PredictInput extends TableOptions {
  /** Where the predictions go: an absolute path, or null for standard output. */
  output: string | null;
  /** Absent: by the end of the path; of standard output, as the table. */
  outputKind?: TableKind | undefined;
  /** The columns to write, of the table and of the model; absent: all. */
  select?: readonly ColumnChoice[] | undefined;
  /** A file for the rows that cannot be predicted; absent: the first one ends the run. */
  reject?: string | undefined;
  maxRejects?: MaxRejects | undefined;
  /** Replace existing files. */
  force?: boolean;
  onProgress?: OnTable;
}

/**
 * Predicts every row of a table, and writes the table with a column for each value of the model. The
 * output gets its name when all of it is durable; if this rejects, nothing is left behind, except
 * the file of rejected rows if there are more than `maxRejects`. Rejects as `runTable`, and CONFLICT
 * if an output exists.
 */
export async function predict(registry: Registry, input: PredictInput): Promise<PredictResult> {
  const { output: path, reject, select, table } = input;
  const tableKind = table.kind ?? (table.path === null ? csv : tableKindOf(table.path, table.kindFlag));
  const kind = input.outputKind ?? (path === null ? tableKind : tableKindOf(path, '--output-format'));
  if (kind.format !== tableKind.format) throw otherFormat(kind, tableKind);
  if (kind.format === 'parquet' && path === null) throw needsFile();
  if (input.maxRejects !== undefined && reject === undefined) throw needsReject();
  await refuseSamePaths(input);
  for (const file of [path, reject ?? null])
    if (file !== null) await refuseOwnFolder(registry, dirname(file), [basename(file)]);
  const started = registry.now();
  const files: OutputFile[] = [];
  const start = async (file: string, flag: string): Promise<OutputFile> => {
    const opened = await startOutputFile(file, input.force === true, flag);
    files.push(opened);
    return opened;
  };
  try {
    const output = path === null ? null : await start(path, '--output');
    const rejects = reject === undefined ? null : await start(reject, '--reject');
    const run = async () => {
      try {
        return await runTable(
          registry,
          { ...input, table: { ...table, kind: tableKind } },
          {
            target: {
              kind: 'append',
              output: {
                descriptor: output?.descriptor ?? 1,
                what: path ?? 'stdout',
                compression: kind.compression,
              },
              select: select ?? null,
            },
            rejects: rejects === null ? null : { descriptor: rejects.descriptor, what: reject ?? '' },
            maxRejects: input.maxRejects ?? null,
          },
          input.onProgress,
        );
      } catch (error) {
        // So that one can see which rows they are.
        if (isTooMany(error)) await rejects?.finish();
        throw error;
      }
    };
    const { record, done, workers, skipped } = await run();
    await rejects?.finish();
    await output?.finish();
    const { header, binding } = done;
    return {
      ref: formatReference(record.name, record.version),
      name: record.name,
      version: record.version,
      digest: record.artifact.digest,
      input: {
        path: table.path,
        format: tableKindWord(tableKind),
        size: done.bytes,
        digest: digestOf(done.sha256),
      },
      output: { path, format: tableKindWord(kind) },
      rows: done.rows,
      rejected: done.rejected,
      rejects: reject ?? null,
      inputs: binding.inputs.map(({ name, columns }) => ({
        name,
        columns: columns.map((at) => header[at] ?? ''),
      })),
      columns: done.columns.map(({ name }) => name),
      unused: binding.unused,
      batch: done.batch,
      workers,
      seconds: (registry.now() - started) / 1000,
      onnxruntime: done.onnxruntime,
      warnings: warningsOf(input, tableKind.format, done.batch, skipped),
    };
  } finally {
    for (const file of files) await file.discard();
  }
}

const csv: TableKind = { format: 'csv', compression: 'none' };

function isTooMany(error: unknown): boolean {
  return error instanceof MlregError && error.details?.['rejected'] !== undefined;
}

function warningsOf(
  { batch: asked, workers }: PredictInput,
  format: TableFormat,
  batch: number,
  skipped: readonly string[],
): string[] {
  return [
    ...(format === 'parquet' && workers !== undefined && workers !== 1
      ? [`Parquet goes through one session, which has all CPUs: --workers ${workers} has no effect`]
      : []),
    ...(asked !== undefined && asked !== batch
      ? [`the model takes ${counted(batch, 'row')} at a time: --batch ${asked} has no effect`]
      : []),
    ...(skipped.length > 0
      ? [
          `no columns for ${skipped.map((name) => quote(name)).join(', ')}: onnxruntime-node cannot return this type`,
        ]
      : []),
  ];
}

function otherFormat(output: TableKind, table: TableKind): MlregError {
  return new MlregError(
    'USAGE',
    `the output is ${tableKindWord(output)}, but the table is ${tableKindWord(table)}: predict keeps the format`,
    { hint: `use --output FILE.${tableKindWord({ ...output, format: table.format })}` },
  );
}

function needsFile(): MlregError {
  return new MlregError('USAGE', 'Parquet cannot be written to stdout', {
    hint: 'name a file: --output FILE.parquet',
  });
}

function needsReject(): MlregError {
  return new MlregError('USAGE', '--max-rejects needs --reject: without it, the first bad row ends the run', {
    hint: 'say where rejected rows go: --reject FILE',
  });
}

/** A table must not be overwritten while it is read, nor two outputs be one file. */
async function refuseSamePaths({ table, output, reject }: PredictInput): Promise<void> {
  const named = [
    ['--input', table.path],
    ['--output', output],
    ['--reject', reject ?? null],
  ] as const;
  const seen = new Map<string, string>();
  for (const [flag, path] of named) {
    if (path === null) continue;
    const place = await whereabouts(path);
    const other = seen.get(place);
    if (other !== undefined && !place.startsWith('/dev/'))
      throw new MlregError('USAGE', `${other} and ${flag} are the same file: ${quote(path)}`, {
        hint: `choose another file for ${flag}`,
      });
    seen.set(place, flag);
  }
}
