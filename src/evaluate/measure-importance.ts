import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { availableParallelism } from 'node:os';
import { MlregError } from '../core/errors.ts';
import { formatReference } from '../core/versions/reference.ts';
import type { VersionRecord } from '../core/versions/version-record.ts';
import { fetchedOutputs } from '../onnx/graph/fetched-outputs.ts';
import { toError } from '../predict/child/refusal.ts';
import { collectPredictions } from '../predict/collect.ts';
import type { CodedCells } from '../predict/collected-rows.ts';
import type { Binding } from '../predict/columns/binding.ts';
import type { Registry } from '../registry/registry.ts';
import { requireOnnx } from '../registry/resolve.ts';
import type { VerifiedCopies } from '../registry/verified-copies.ts';
import { runtimeMissing } from '../runtime/probe-runtime.ts';
import { defaultMemoryLimit, runJob } from '../runtime/run-job.ts';
import { importanceJob, type ImportanceJob } from './child/importance-job.ts';
import type { DataOptions } from './evaluate-version.ts';
import type { ImportanceReport } from './evaluation.ts';
import { cellsOf, presentRows } from './outputs/target.ts';
import type { ScoreOptions } from './score.ts';

/** More rows hardly change an importance, but each is predicted once per column and repeat. */
const mostRows = 10_000;
/** As scikit-learn. */
const repeats = 5;
const mostBatch = 1024;
const defaultTimeoutMs = 60_000;

interface ImportanceInput {
  record: VersionRecord;
  copies: VerifiedCopies;
  options: DataOptions;
  score: ScoreOptions;
  seed: number;
  header: readonly string[];
  binding: Binding;
  /** Of the table, as it was evaluated. */
  digest: string;
  onProgress?: (progress: { done: number; all: number }) => void;
}

/**
 * Permutes each column that fills an input, in up to 10,000 rows, evenly spread over the table. The
 * table is read once more, for the text of these columns. Null if the metric is undefined. CONFLICT
 * if the table changed; otherwise rejects as `collectPredictions`.
 */
export async function measureImportance(
  registry: Registry,
  input: ImportanceInput,
): Promise<ImportanceReport | null> {
  const { record, copies, options, score, seed, header, binding } = input;
  const columns = [...new Set(binding.inputs.flatMap((one) => one.columns))];
  const { cells, digest } = await readColumns(registry, input, columns);
  if (digest !== input.digest)
    throw new MlregError('CONFLICT', `${options.table.path} changed while it was read`, {
      hint: 'evaluate again when nothing writes to the file',
    });
  const all = cells.get(score.target) ?? { codes: new Int32Array(), values: [] };
  const present = presentRows(all);
  const count = all.codes.length - present.missing;
  const step = Math.max(1, Math.ceil(count / mostRows));
  const chosen = Int32Array.from({ length: Math.ceil(count / step) }, (_, at) =>
    present.rows === null ? at * step : (present.rows[at * step] ?? 0),
  );
  const pick = (column: string): CodedCells =>
    compact(cellsOf(cells.get(column) ?? all, { rows: chosen, missing: 0 }));
  const { entry, signature } = requireOnnx(record);
  const { modelFile, outputs } = await fetchedOutputs(join(await copies.model(record), entry), signature);
  const job: ImportanceJob = {
    model: {
      modelFile,
      session: { intraOpThreads: availableParallelism(), interOpThreads: 1, extra: {} },
      fetches: outputs,
      inputs: binding.inputs,
      batch: binding.batch ?? options.batch ?? mostBatch,
      fixed: binding.batch !== null,
    },
    onMissing: options.onMissing ?? 'reject',
    header,
    rows: chosen.length,
    cells: new Map(columns.map((column) => [column, pick(header[column] ?? '')])),
    target: pick(score.target),
    score,
    repeats,
    seed,
  };
  const { timeoutMs = defaultTimeoutMs, memoryLimitBytes } = options;
  const outcome = await runJob(importanceJob, job, {
    limits: {
      timeoutMs,
      timeoutIsStall: true,
      memoryLimitBytes:
        memoryLimitBytes ?? defaultMemoryLimit(record.artifact.size, process.constrainedMemory() || null),
    },
    signal: registry.signal,
    ...(input.onProgress === undefined ? {} : { onProgress: input.onProgress }),
  });
  if (outcome.status === 'no-runtime') throw runtimeMissing(outcome.message);
  if (outcome.status !== 'ok') {
    const ref = formatReference(record.name, record.version);
    throw new MlregError('GATE_FAILED', `the importance of columns of ${ref}: ${outcome.message}`, {
      hint: 'evaluate without --importance, or with a longer --timeout or a higher --memory-limit',
      details: { status: outcome.status, stderr: outcome.stderr },
    });
  }
  if ('refused' in outcome.value) throw toError(outcome.value.refused);
  const { metric, columns: found } = outcome.value;
  return found && { metric, seed, repeats, rows: chosen.length, columns: found };
}

/** Without the texts that no row has. */
function compact({ codes, values }: CodedCells): CodedCells {
  const known = new Map<number, number>();
  const own = codes.map((code) => {
    const place = known.get(code) ?? known.size;
    known.set(code, place);
    return place;
  });
  return { codes: own, values: [...known.keys()].map((code) => values[code] ?? '') };
}

/** Rows that the model cannot take are left out again, unseen. */
async function readColumns(
  registry: Registry,
  { record, copies, options, score, header }: ImportanceInput,
  columns: readonly number[],
) {
  const { name, version } = record;
  const devNull = await open('/dev/null', constants.O_WRONLY);
  try {
    return await collectPredictions(registry, {
      ...options,
      ref: { name, selector: { kind: 'version', version } },
      copies,
      cells: [
        { column: score.target, flag: '--target' },
        ...columns.map((at) => ({ column: header[at] ?? '', flag: '--importance' })),
      ],
      rejects: { descriptor: devNull.fd, what: '/dev/null' },
    });
  } finally {
    await devNull.close();
  }
}
