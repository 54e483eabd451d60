import type { Figure } from '../../core/comparison/bench-figures.ts';
import { verdictOfBench } from '../../core/events/gate-result.ts';
import { type StoredReport, benchKind } from '../../core/measurements/bench.ts';
import type { Measurement } from '../../core/measurements/measurement.ts';
import { counted } from '../../core/text/numbers.ts';
import { type ModelName, type Reference, formatReference } from '../../core/versions/reference.ts';
import type { Version } from '../../core/versions/version.ts';
import { notAPage, readPageToken } from '../../registry/page-token.ts';
import type { Registry } from '../../registry/registry.ts';
import { requireModel, resolve } from '../../registry/resolve.ts';
import type { Verdict } from './result.ts';

export interface BenchListInput {
  /** A bare name means all versions of the model; undefined, all models. */
  ref?: Reference | undefined;
  limit: number;
  /** The `nextPage` of the previous page. */
  page?: string | undefined;
}

export interface ListedBench {
  id: string;
  /** The shortest unique prefix of the id, at least eight characters. */
  shortId: string;
  /** Epoch milliseconds. */
  at: number;
  ref: string;
  version: string;
  mode: string;
  /** The load scenario; `single` without a load. */
  scenario: string;
  /** The batch size that was asked for; null: none was, so the inputs decide. */
  batch: number | null;
  /** Arrivals per second; null: no schedule of arrivals. */
  rate: number | null;
  /** Concurrent sessions. */
  concurrency: number;
  status: string;
  /** Null: nothing was measured. */
  latencyMs: { n: number; p50: Figure | null; p95: Figure | null } | null;
  /** The worst verdict of its gates; null without gates. */
  verdict: Verdict | null;
  /** The reference of the version it was compared with; null if none. */
  baseline: string | null;
  /** Of machine, runtime and session; latencies with different fingerprints are not comparable. */
  fingerprint: string;
  /** The fingerprint's facts as text; null: not stored. */
  machine: string | null;
}

export interface BenchList {
  /** Newest first. */
  benches: ListedBench[];
  /** The `page` argument for the next page; null on the last page. */
  nextPage: string | null;
}

/**
 * The stored runs of all models, of one model, or of one version, newest first, without those of
 * deleted versions. Rejects as `resolve` does.
 */
export async function listBenches(
  registry: Registry,
  { ref, limit, page }: BenchListInput,
): Promise<BenchList> {
  const { rows, next } = await registry.metadata.measurements(benchKind, {
    ...(await ofWhat(registry, ref)),
    ...(page === undefined ? {} : { before: readSeq(page) }),
    limit,
  });
  const benches: ListedBench[] = [];
  for (const record of rows)
    benches.push({ ...listed(record), shortId: await shortestPrefix(registry, record.id) });
  return { benches, nextPage: next === undefined ? null : `bench:${next}` };
}

async function ofWhat(
  registry: Registry,
  ref: Reference | undefined,
): Promise<{ model?: ModelName; version?: Version }> {
  if (ref === undefined) return {};
  if (ref.selector === undefined) {
    await requireModel(registry, ref.name);
    return { model: ref.name };
  }
  const { name, version } = await resolve(registry, ref);
  return { model: name, version };
}

const leastShown = 8;

async function shortestPrefix({ metadata }: Registry, id: string): Promise<string> {
  for (let length = leastShown; length < id.length; length++) {
    const prefix = id.slice(0, length);
    // A prefix that ends in a hyphen is no more specific than the one before.
    if (prefix.endsWith('-')) continue;
    if ((await metadata.measurementIds(benchKind, prefix, 2)).length < 2) return prefix;
  }
  return id;
}

function readSeq(page: string): number {
  const seq = /^\d{1,15}$/.exec(readPageToken(page, 'bench'))?.[0];
  if (seq === undefined) throw notAPage(page);
  return Number(seq);
}

/** Benches of earlier versions lack the fields that came later. */
function listed({
  id,
  at,
  model,
  version,
  status,
  fingerprint,
  result,
}: Measurement<StoredReport>): Omit<ListedBench, 'shortId'> {
  const { mode, plan, latencyMs, baseline, environment } = result ?? {};
  const { cpuModel, intraOpThreads, node, onnxruntime, server } = environment?.facts ?? {};
  const machine = [
    server === undefined ? (cpuModel ?? '') : `${server} from ${cpuModel ?? 'here'}`,
    server === undefined ? threadsOf(intraOpThreads) : '',
    node === undefined ? '' : `Node ${node}`,
    typeof onnxruntime === 'string' ? `ONNX Runtime ${onnxruntime}` : '',
  ].filter((part) => part !== '');
  return {
    id,
    at,
    ref: formatReference(model, version),
    version,
    mode: mode ?? 'solo',
    scenario: plan?.scenario ?? 'single',
    batch: plan?.batch ?? null,
    rate: plan?.rate ?? null,
    concurrency: plan?.concurrency ?? 1,
    status,
    latencyMs:
      latencyMs === undefined || latencyMs === null
        ? null
        : { n: latencyMs.n ?? 0, p50: latencyMs.p50 ?? null, p95: latencyMs.p95 ?? null },
    verdict: verdictOfBench(result),
    baseline: baseline?.ref ?? null,
    fingerprint,
    machine: machine.length === 0 ? null : machine.join(', '),
  };
}

function threadsOf(count: number | null | undefined): string {
  if (count === undefined) return '';
  return count === null ? "ONNX Runtime's own threads" : counted(count, 'thread');
}
