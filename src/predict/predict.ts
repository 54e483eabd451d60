import { basename, dirname } from 'node:path';
import { MlregError } from '../core/errors.ts';
import { counted } from '../core/text/numbers.ts';
import { quote } from '../core/text/quote.ts';
import { digestOf } from '../core/versions/artifact.ts';
import { formatReference } from '../core/versions/reference.ts';
import { type TableFormat, type TableKind, tableKindOf, tableKindWord } from '../data/table-format.ts';
import { type OutputFile, startOutputFile } from '../files/output-file.ts';
import { refuseSameFiles } from '../files/path-guards.ts';
import { refuseOwnFolder, type Registry } from '../registry/registry.ts';
import { resolve } from '../registry/resolve.ts';
import type { ColumnChoice } from './columns/column-choice.ts';
import { type KeepOptions, keepRun, keyWarnings } from './keep-run.ts';
import type { PredictResult } from './predict-result.ts';
import { type RejectFile, type RejectOptions, startRejects } from './reject-file.ts';
import { recordRun } from './run-record.ts';
import { planPart, refuseUnsharded, type Shard, shardPath, shardText } from './shard.ts';
import { type OnTable, runTable, type TableInput, type TableOptions } from './run-table.ts';

export interface PredictInput extends TableOptions, RejectOptions {
  /** Where the predictions go: an absolute path, or null for standard output. */
  output: string | null;
  /** Absent: by the end of the path; of standard output, as the table. */
  outputKind?: TableKind | undefined;
  /** The columns to write, of the table and of the model; absent: all. */
  select?: readonly ColumnChoice[] | undefined;
  /** With `shard`: leave a part that an earlier run has made. */
  resume?: boolean;
  /** Keep predictions for labels that come later; absent: none. */
  keep?: KeepOptions | undefined;
  /** Record the run in the history of the version. Default: true. */
  record?: boolean;
  onProgress?: OnTable;
}

/**
 * Predicts every row of a table, and writes the table with a column for each value of the model. The
 * output gets its name when all of it is durable; if this rejects, nothing is left behind, except
 * the file of rejected rows if there are more than `maxRejects`. Rejects as `runTable`, and CONFLICT
 * if an output exists.
 */
export async function predict(registry: Registry, input: PredictInput): Promise<PredictResult> {
  const { shard, resume } = input;
  if (shard !== undefined) return predictPart(registry, input, shard);
  if (resume !== true) return predictRows(registry, input);
  throw new MlregError('USAGE', '--resume needs --shard: only parts can be there already', {
    hint: '--shard 1/4 --resume',
  });
}

async function predictPart(registry: Registry, input: PredictInput, shard: Shard): Promise<PredictResult> {
  refuseUnsharded(input.table, kindOfTable(input.table));
  if (input.output === null) {
    throw new MlregError('USAGE', '--shard needs a file for each part, not stdout', {
      hint: "--output 'part-{shard}.csv'",
    });
  }
  const output = shardPath(input.output, shard, '--output');
  const reject = input.reject === undefined ? undefined : shardPath(input.reject, shard, '--reject');
  const force = input.force === true || input.resume === true;
  const part = { ...input, output, reject, force };
  const { name, version, artifact } = await resolve(registry, input.ref);
  const plan = await planPart(part, output, { name, version, digest: artifact.digest });
  // What made a part before there were devices did not say.
  if (plan.made !== null) return Object.assign({ device: 'cpu' as const }, plan.made, { resumed: true });
  const result = await predictRows(registry, part);
  await plan.confirm(result);
  return result;
}

function kindOfTable({ path, kind, kindFlag }: TableInput): TableKind {
  return kind ?? (path === null ? csv : tableKindOf(path, kindFlag));
}

async function predictRows(registry: Registry, input: PredictInput): Promise<PredictResult> {
  const { output: path, reject, select, table } = input;
  const tableKind = kindOfTable(table);
  const kind = input.outputKind ?? (path === null ? tableKind : tableKindOf(path, '--output-format'));
  if (kind.format !== tableKind.format) throw otherFormat(kind, tableKind);
  if (kind.format === 'parquet' && path === null) throw needsFile();
  await refuseSameFiles([
    ['--input', table.path],
    ['--output', path],
    ['--reject', reject ?? null],
  ]);
  for (const file of [path, reject ?? null])
    if (file !== null) await refuseOwnFolder(registry, dirname(file), [basename(file)]);
  const started = registry.now();
  const keeper = input.keep === undefined ? null : await keepRun(registry, input.keep);
  let completed = false;
  let output: OutputFile | null = null;
  let rejects: RejectFile | null = null;
  try {
    rejects = await startRejects(input, registry.signal);
    output =
      path === null ? null : await startOutputFile(path, input.force === true, '--output', registry.signal);
    const { file, failed } = rejects;
    const descriptor = output?.descriptor ?? 1;
    const run = async () => {
      try {
        return await runTable(
          registry,
          { ...input, table: { ...table, kind: tableKind } },
          {
            target: {
              kind: 'append',
              output: {
                descriptor,
                what: path ?? 'stdout',
                compression: kind.compression,
              },
              select: select ?? null,
              keep: input.keep?.key ?? null,
            },
            rejects: file,
            maxRejects: input.maxRejects ?? null,
          },
          ({ block, ...progress }) => {
            if (block !== undefined && block.rows > 0) keeper?.add(block);
            input.onProgress?.(progress);
          },
        );
      } catch (error) {
        await failed(error);
        throw error;
      }
    };
    const { record, done, workers, skipped } = await run();
    await rejects.finish();
    const data = digestOf(done.sha256);
    const { rows, rejected } = done;
    const shard = input.shard === undefined ? null : shardText(input.shard);
    // Nobody has read all of what was predicted, if a reader left.
    const isWhole = done.complete;
    const kept = isWhole ? ((await keeper?.complete({ record, data, rows, shard })) ?? null) : null;
    await output?.finish();
    completed = true;
    const seconds = (registry.now() - started) / 1000;
    const { device = 'cpu' } = input;
    const recorded =
      input.record === false || !isWhole
        ? { event: null, warnings: [] }
        : await recordRun(registry, record, {
            data,
            rows,
            rejected,
            seconds,
            device,
            shard,
            kept: kept?.keys ?? null,
          });
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
        digest: data,
      },
      output: { path, format: tableKindWord(kind) },
      rows,
      rejected,
      rejects: reject ?? null,
      inputs: binding.inputs.map(({ name, columns }) => ({
        name,
        columns: columns.map((at) => header[at] ?? ''),
      })),
      columns: done.columns.map(({ name }) => name),
      unused: binding.unused,
      batch: done.batch,
      workers,
      device,
      seconds,
      shard,
      resumed: false,
      kept,
      event: recorded.event,
      onnxruntime: done.onnxruntime,
      warnings: [
        ...warningsOf(input, tableKind.format, done.batch, skipped),
        ...(kept === null ? [] : keyWarnings(kept)),
        ...recorded.warnings,
      ],
    };
  } finally {
    if (!completed) await keeper?.discard();
    await output?.discard();
    await rejects?.discard();
  }
}

const csv: TableKind = { format: 'csv', compression: 'none' };

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
