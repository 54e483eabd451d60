import { availableParallelism, totalmem } from 'node:os';
import { join } from 'node:path';
import type { Device } from '../core/device.ts';
import { MlregError } from '../core/errors.ts';
import { formatReference, type Reference } from '../core/versions/reference.ts';
import type { VersionRecord } from '../core/versions/version-record.ts';
import type { OnMissing } from '../data/cell-types.ts';
import { type TableKind, tableKindOf } from '../data/table-format.ts';
import { openInput } from '../files/open-input.ts';
import { chooseOutputs } from '../onnx/feeds/feed-dtypes.ts';
import type { Registry } from '../registry/registry.ts';
import { requireOnnx, resolve } from '../registry/resolve.ts';
import { type VerifiedCopies, withVerifiedCopies } from '../registry/verified-copies.ts';
import { requireDevice, runtimeMissing } from '../runtime/probe-runtime.ts';
import { defaultMemoryLimit, type JobOutcome, runJob } from '../runtime/run-job.ts';
import { childDescriptor } from '../runtime/start-child.ts';
import { hintIfTooNew } from '../runtime/too-new.ts';
import type { BindingOptions } from './columns/binding.ts';
import type { ShardRange } from './child/shard-of-table.ts';
import { toError } from './child/refusal.ts';
import {
  type GivenFile,
  type TableDone,
  type TableJob,
  type TableProgress,
  type TableTarget,
  tableJob,
} from './child/table-job.ts';
import { fetchedOutputs } from '../onnx/graph/fetched-outputs.ts';
import type { MaxRejects } from './max-rejects.ts';
import type { Shard } from './shard.ts';

/** Where a table comes from. */
export interface TableInput {
  /** An absolute path; null: standard input. */
  path: string | null;
  /** Absent: by the end of the path; of standard input, CSV. */
  kind?: TableKind | undefined;
  /** The option that says the kind, for hints. */
  kindFlag: string;
}

/** What predicting a table takes, whatever becomes of the predictions. */
export interface TableOptions extends BindingOptions {
  ref: Reference;
  table: TableInput;
  /** Default: `reject`. */
  onMissing?: OnMissing | undefined;
  /** The most rows in a run. */
  batch?: number | undefined;
  /** Threads, each with a session of its own. */
  workers?: number | undefined;
  /** What runs the model. Default: the CPU. */
  device?: Device | undefined;
  /** The longest time without progress. */
  timeoutMs?: number | undefined;
  memoryLimitBytes?: number | undefined;
  /** The part of the table to predict; absent: all of it. */
  shard?: Shard | undefined;
  /** Where to take the version from, if the caller shares copies. */
  copies?: VerifiedCopies | undefined;
}

/** An open file for the child, by its number in this process. */
export type OpenFile = GivenFile;

/** What is open for the child. */
export interface TableFiles {
  /** Its descriptor is replaced by the child's. */
  target: TableTarget;
  rejects?: OpenFile | null;
  /** Rows that are not written there: see `TableJob`. */
  known?: Int32Array | null | undefined;
  maxRejects?: MaxRejects | null;
}

export interface TableRun {
  record: VersionRecord;
  done: TableDone;
  workers: number;
  /** Outputs that onnxruntime-node cannot return. */
  skipped: string[];
}

/** The table is `null` bytes large if nothing tells. */
export type OnTable = (progress: TableProgress & { size: number | null }) => void;

const defaultTimeoutMs = 60_000;
/** More workers than these wait for the thread that reads and writes. */
const mostWorkers = 8;
/** A session takes a few times the bytes of its model. */
const bytesPerModelByte = 4;

/**
 * Predicts the rows of a table with a version, in the child. Rejects INVALID_INPUT if the table does
 * not fit the model, or has a bad row that nobody takes; GATE_FAILED if the model fails, or too many
 * rows are rejected; NOT_FOUND without the version, the file or ONNX Runtime; INTEGRITY for damaged
 * bytes of either.
 */
export async function runTable(
  registry: Registry,
  options: TableOptions,
  { target, rejects = null, known = null, maxRejects = null }: TableFiles,
  onProgress?: OnTable,
): Promise<TableRun> {
  const record = await resolve(registry, options.ref);
  const { entry, signature } = requireOnnx(record);
  // Before anything is copied.
  chooseOutputs(signature);
  await requireDevice(options.device, registry.signal);
  const { path, kindFlag } = options.table;
  const kind = options.table.kind ?? kindOf(options.table);
  return withVerifiedCopies(
    registry,
    'predict',
    async (copies) => {
      const { modelFile, outputs, skipped } = await fetchedOutputs(
        join(await copies.model(record), entry),
        signature,
      );
      const input = path === null ? null : await openInput(path, registry.signal);
      try {
        const descriptors = [input?.handle.fd ?? 0];
        const inherit = <File extends GivenFile>(file: File): File => {
          descriptors.push(file.descriptor);
          return { ...file, descriptor: childDescriptor(descriptors.length - 1) };
        };
        // DuckDB hands out one batch at a time.
        const asked = kind.format === 'parquet' ? 1 : options.workers;
        const { workers, threads } = shareMachine(record.artifact.size, asked);
        const job: TableJob = {
          modelFile,
          // Threads that spin while they wait would take the time of the other workers.
          session: {
            intraOpThreads: threads,
            interOpThreads: 1,
            device: options.device,
            extra: { 'session.intra_op.allow_spinning': '0' },
          },
          signature,
          fetches: outputs,
          table: {
            descriptor: childDescriptor(0),
            what: path === null ? 'stdin' : path,
            kind,
            flag: kindFlag,
          },
          shard: shardRange(options, input?.size ?? null),
          binding: { columns: options.columns, map: options.map, exclude: options.exclude },
          batch: options.batch ?? null,
          workers,
          onMissing: options.onMissing ?? 'reject',
          target: target.kind === 'append' ? { ...target, output: inherit(target.output) } : target,
          rejects: rejects === null ? null : inherit(rejects),
          known,
          maxRejects,
        };
        const limits = {
          timeoutMs: options.timeoutMs ?? defaultTimeoutMs,
          timeoutIsStall: true,
          memoryLimitBytes:
            options.memoryLimitBytes ??
            defaultMemoryLimit(workers * record.artifact.size, process.constrainedMemory() || null),
        };
        const size = input?.size ?? null;
        const outcome = await runJob(tableJob, job, {
          limits,
          descriptors,
          signal: registry.signal,
          onProgress: (progress) => onProgress?.({ ...progress, size }),
        });
        return { record, done: doneOf(outcome, record), workers, skipped };
      } finally {
        await input?.handle.close();
      }
    },
    options.copies,
  );
}

/** USAGE if the table is no file. */
function shardRange({ shard, table }: TableOptions, size: number | null): ShardRange | null {
  if (shard === undefined) return null;
  if (size !== null) return { ...shard, size };
  throw new MlregError('USAGE', `--shard needs a file, but ${table.path ?? 'stdin'} is none`, {
    hint: 'write the table to a file that every part can read',
  });
}

function kindOf({ path, kindFlag }: TableInput): TableKind {
  return path === null ? { format: 'csv', compression: 'none' } : tableKindOf(path, kindFlag);
}

/** How many workers, and how many threads each of their sessions has. */
function shareMachine(modelBytes: number, asked: number | undefined): { workers: number; threads: number } {
  const cpus = availableParallelism();
  const memory = Math.min(totalmem(), process.constrainedMemory() || Number.POSITIVE_INFINITY);
  const fitting = Math.floor((0.5 * memory) / (bytesPerModelByte * modelBytes));
  const workers = asked ?? Math.max(1, Math.min(cpus, mostWorkers, fitting));
  return { workers, threads: Math.max(1, Math.floor(cpus / workers)) };
}

type Outcome = JobOutcome<{ refused: Parameters<typeof toError>[0] } | { done: TableDone }, TableProgress>;

function doneOf(outcome: Outcome, { name, version }: VersionRecord): TableDone {
  if (outcome.status === 'no-runtime') throw runtimeMissing(outcome.message);
  if (outcome.status === 'ok') {
    if ('refused' in outcome.value) throw toError(outcome.value.refused);
    return outcome.value.done;
  }
  const ref = formatReference(name, version);
  const { status, message, stderr, lastProgress } = outcome;
  const hints = {
    oom: 'try --batch 64, --workers 1, or a higher --memory-limit',
    timeout: 'if the model is slow, use a smaller --batch or a longer --timeout',
    crash: `see whether it runs at all: mlreg bench ${ref}`,
    error: hintIfTooNew(message) ?? `see whether it runs at all: mlreg bench ${ref}`,
  };
  throw new MlregError('GATE_FAILED', `${ref} could not predict the table: ${message}`, {
    hint: hints[status],
    details: { status, rows: lastProgress?.rows ?? 0, stderr },
  });
}
