import { MlregError } from '../../core/errors.ts';
import { quote } from '../../core/text/quote.ts';
import { type ByteSink, openSink } from '../../data/byte-sink.ts';
import { type Block, RecordTooLong } from '../../data/read-blocks.ts';
import { bindColumns } from '../columns/binding.ts';
import { findColumn, findColumns, headerOf } from '../columns/column-choice.ts';
import { checkRejects } from '../max-rejects.ts';
import { outputColumns, type OutputWidth } from '../columns/outputs.ts';
import { type OpenTable, openTable, recordTooLong } from './open-table.ts';
import { countFailures, type Failures } from './run-rows.ts';
import { rejectedHeader, type RejectedText } from './rejected-text.ts';
import { declaredOutputs } from './row-model.ts';
import type { SinkChoice } from './row-sinks.ts';
import type { TableDone, TableJob, TableProgress } from './table-job.ts';
import { openOutput } from './table-output.ts';
import type { RowsDone } from './table-rows.ts';
import { takenNames } from './written-names.ts';
import { startWorkers, type WorkerPool } from './worker-pool.ts';

/** Measured: with fewer rows the calls cost more than the model; with more, the cache is too small. */
const defaultBatch = 1024;
/** Blocks in memory for each worker: one that is worked on, one that waits, one to be written. */
const blocksPerWorker = 3;
const reportMs = 250;

type Report = (progress: TableProgress) => Promise<void>;

/**
 * Reads the table block by block, has the workers predict the rows, and writes or reports what they
 * return, in the order of the rows. Only a few blocks are in memory at a time.
 */
export async function predictTable(job: TableJob, report: Report): Promise<TableDone> {
  const { table, target, modelFile, session, fetches, onMissing } = job;
  const { what } = table;
  const open = await openTable(job);
  const { columns: header, paths, text, source } = open;
  const binding = bindColumns(header, job.signature, { ...job.binding, text });
  const batch = binding.batch ?? job.batch ?? defaultBatch;
  const runs = new Int32Array(new SharedArrayBuffer(4));
  const pool = startWorkers(job.workers, {
    modelFile,
    session,
    fetches,
    inputs: binding.inputs,
    batch,
    fixed: binding.batch !== null,
    header,
    format: table.kind.format,
    paths,
    onMissing,
    setsAside: job.rejects !== null,
    sink: sinkChoice(target, header),
    runs,
  });
  const out = openOutput(job, open);
  const rejects = await openRejects(job);
  const total: Total = {
    rows: 0,
    rejected: 0,
    line: open.line,
    outputs: null,
    onnxruntime: '',
    failures: countFailures(),
  };
  const known = new Set(job.known ?? []);
  const progress = (): TableProgress => {
    const { rows, rejected } = total;
    return { rows, rejected, bytes: source.bytesRead() };
  };
  const take = async (done: RowsDone): Promise<void> => {
    const { rejected } = done;
    if (rejected.first !== null && rejects === null) throw badRow(what, total.line, rejected.first);
    total.failures.add(rejected.byModel, ({ line }) => `${what}, line ${total.line + line}`);
    if (done.failsAlways) throw total.failures.error();
    const places = done.rejectedAfter.map((before, at) => total.rows + total.rejected + before + at);
    if (rejects !== null && rejected.count > 0)
      await rejects.write(numbered(rejected, total.line, (row) => known.has(places[row] ?? -1)));
    total.rows += done.rows;
    total.rejected += rejected.count;
    total.line += done.lines;
    total.outputs ??= done.outputs;
    total.onnxruntime = done.onnxruntime;
    checkRejects(job.maxRejects, { ...total, ended: false });
    const { collected } = done;
    if (collected !== null && done.rows + rejected.count > 0)
      await report({ ...progress(), block: { ...collected, rejectedAt: places } });
    if (done.text !== null) await out.write(done.text, total.outputs);
  };
  const stop = tellWhileAlive(pool, runs, () => report(progress()));
  try {
    await predictBlocks(open, pool, job.workers * blocksPerWorker, take, () => out.isClosed());
  } catch (error) {
    throw error instanceof RecordTooLong ? recordTooLong(what, total.line) : error;
  } finally {
    stop();
  }
  if (total.rows === 0 && total.failures.count() > 0) throw total.failures.error();
  checkRejects(job.maxRejects, { ...total, ended: true });
  const outputs = total.outputs ?? declaredOutputs(job.signature, job.fetches);
  await out.end(outputs);
  await rejects?.end();
  const { rows, rejected, onnxruntime } = total;
  return {
    rows,
    rejected,
    complete: !out.isClosed(),
    bytes: source.bytesRead(),
    sha256: source.sha256(),
    header,
    binding,
    outputs,
    columns: outputColumns(outputs, takenNames(header, paths)),
    batch,
    onnxruntime,
  };
}

interface Total {
  rows: number;
  rejected: number;
  /** The physical line on which the next block begins, from 1. */
  line: number;
  outputs: OutputWidth[] | null;
  onnxruntime: string;
  failures: Failures;
}

/**
 * Keeps the workers busy, at most `most` blocks at a time, and takes what they return in the order of
 * the blocks, until nobody wants more.
 */
async function predictBlocks(
  { reader, first, from }: OpenTable,
  pool: WorkerPool,
  most: number,
  take: (done: RowsDone) => Promise<void>,
  isClosed: () => boolean,
): Promise<void> {
  /** Memory is used again: what is thrown away lives until V8 notices. */
  const spares: ArrayBuffer[] = [];
  const queue = [pool.predict({ ...first, from, spare: null, isFirst: true })];
  let ended = false;
  let problem: unknown;
  while (!isClosed()) {
    while (!ended && queue.length < most) {
      let block: Block | null = null;
      try {
        block = await reader.next();
      } catch (error) {
        // What was read before it comes first.
        problem = error;
      }
      if (block === null) ended = true;
      else queue.push(pool.predict({ ...block, from: 0, spare: spares.pop() ?? null, isFirst: false }));
      // Awaited in turn; a rejection before that is not unhandled.
      queue.at(-1)?.catch(() => undefined);
    }
    const next = queue.shift();
    if (next === undefined) break;
    const done = await next;
    await take(done);
    reader.reuse(done.bytes);
    if (done.text !== null) spares.push(done.text.buffer);
  }
  if (problem !== undefined) throw problem;
}

/** Reports that the job is alive: while the model runs, and while nothing waits for the model. */
function tellWhileAlive(pool: WorkerPool, runs: Int32Array, tell: () => Promise<void>): () => void {
  let told = 0;
  const timer = setInterval(() => {
    const count = Atomics.load(runs, 0);
    if (count === told && pool.busy() > 0) return;
    told = count;
    void tell();
  }, reportMs);
  return () => clearInterval(timer);
}

function sinkChoice(target: TableJob['target'], header: readonly string[]): SinkChoice {
  if (target.kind === 'append') {
    const { select, keep } = target;
    const key = keep === null ? null : findColumn(headerOf(header), keep, '--key');
    return { kind: 'append', select, keep: key };
  }
  const columns = target.cells.flatMap(({ column, flag }) =>
    findColumns(headerOf(header), [{ name: column }], flag),
  );
  return { kind: 'collect', columns };
}

/** The file of rejected rows, with its first line; null: nobody takes them. */
async function openRejects({ rejects, known }: TableJob): Promise<ByteSink | null> {
  if (rejects === null) return null;
  const sink = openSink(rejects.descriptor, 'none', rejects.what);
  if (known === null) await sink.write(Buffer.from(rejectedHeader));
  return sink;
}

/** Puts the line's number before each rejected row that is not known. */
function numbered(
  { count, lines, ends, text }: RejectedText,
  line: number,
  isKnown: (row: number) => boolean,
): Buffer {
  const bytes = Buffer.from(text.buffer, text.byteOffset, text.byteLength);
  const out = Buffer.allocUnsafe(bytes.length + 20 * count);
  let [from, at] = [0, 0];
  for (let row = 0; row < count; row++) {
    if (isKnown(row)) {
      from = ends[row] ?? from;
      continue;
    }
    at += out.write(String(line + (lines[row] ?? 0)), at, 'latin1');
    const end = ends[row] ?? from;
    at += bytes.copy(out, at, from, end);
    from = end;
  }
  return out.subarray(0, at);
}

function badRow(what: string, line: number, first: NonNullable<RejectedText['first']>): MlregError {
  const column = first.column === null ? '' : `, column ${quote(first.column)}`;
  const { byModel, ...known } = first;
  const code = byModel ? 'GATE_FAILED' : 'INVALID_INPUT';
  return new MlregError(code, `${what}, line ${line + first.line}${column}: ${first.reason}`, {
    hint: 'correct it, or set such rows aside with --reject FILE',
    details: { ...known, line: line + first.line },
  });
}
