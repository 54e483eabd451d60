import type { Figure } from '../comparison/bench-figures.ts';
import { verdictOfBench } from '../events/gate-result.ts';
import type { ModelName } from '../versions/reference.ts';
import type { Version } from '../versions/version.ts';
import type { Measurement, MeasurementKind, Readable } from './measurement.ts';

/** The percentiles that a gate can limit. Not p99.9: it needs too many runs for a gate. */
export const statistics = ['p50', 'p90', 'p95', 'p99'] as const;
export type Statistic = (typeof statistics)[number];

/** All samples are kept: 8 bytes each in memory, and again while they are sorted. */
export const mostRuns = 2_000_000;

/** The options of a bench that are whole numbers: flags, library and policies have the same ones. */
export const benchNumbers = {
  iterations: { least: 1, most: mostRuns, about: 'number of runs; with a duration, the minimum' },
  warmup: { least: 0, most: mostRuns, about: 'warm-up runs per launch' },
  launches: { least: 1, most: 100, about: 'number of child processes, one after another' },
  threads: { least: 1, most: 1024, about: 'threads per inference' },
  batch: { least: 1, most: 2 ** 31 - 1, about: 'size of the first dimension of the inputs' },
  seed: { least: 0, most: 2 ** 32 - 1, about: 'seed for synthetic inputs and the order of blocks' },
} as const;

/**
 * The stored report of a bench: the JSON of the command, without the members that only the command
 * adds. Members that every version of mlreg wrote are required; `BenchReport` explains all of them.
 */
export interface StoredReport {
  [member: string]: unknown;
  status: string;
  plan: StoredPlan;
  input: { shapes: Record<string, number[]>; source?: string; sha256?: string | null };
  outputs: {
    skipped: string[];
    match?: boolean | null;
    golden?: { digest: string; sets?: { digest: string }[] } | null;
  };
  session: { provider: string };
  environment: { fingerprint: string; facts: StoredFacts };
  /** The version that it was compared with; null if there was none. */
  baseline?: { ref?: string; digest?: string } | null;
  mode?: string;
  /** Null if nothing was measured. */
  latencyMs?: { n?: number; p50?: Figure | null; p95?: Figure | null } | null;
  throughputPerSec?: number | null;
  gates?: { verdict: 'pass' | 'fail' | 'inconclusive' }[];
}

interface StoredPlan {
  launches: number;
  scenario?: string;
  batch?: number | null;
  rate?: number | null;
  concurrency?: number;
}

interface StoredFacts {
  cpuModel?: string | null;
  intraOpThreads?: number | null;
  node?: string;
  server?: string;
  onnxruntime?: string | null;
}

/** A measurement of the kind `bench`, for people and programs. */
export interface BenchRecord {
  id: string;
  model: ModelName;
  version: Version;
  at: number;
  fingerprint: string;
  status: string;
  /** Empty if the stored result cannot be read. */
  result: Partial<StoredReport>;
}

export const benchKind: MeasurementKind<StoredReport> = {
  name: 'bench',
  schema: 1,
  read: readReport,
  summary: (report) => ({ verdict: verdictOfBench(report) }),
};

export function benchRecord(measurement: Measurement<StoredReport>): BenchRecord {
  const { id, model, version, at, fingerprint, status, result = {} } = measurement;
  return { id, model, version, at, fingerprint, status, result };
}

/** Members that reports have had since the first version of the format. Views rely on them. */
const required = {
  plan: ['launches'],
  input: ['shapes'],
  outputs: ['skipped'],
  session: ['provider'],
  environment: ['fingerprint', 'facts'],
} as const;

function readReport(report: unknown): Readable<StoredReport> {
  if (!isObject(report)) return { unreadable: 'its result is not an object' };
  for (const [part, members] of Object.entries(required)) {
    const value = report[part];
    const isWhole = isObject(value) && members.every((member) => (value[member] ?? null) !== null);
    if (!isWhole) return { unreadable: `its result has no ${part}` };
  }
  const { status, gates = [], notes = [] } = report;
  if (typeof status !== 'string') return { unreadable: 'its result has no status' };
  if (!Array.isArray(gates) || !Array.isArray(notes))
    return { unreadable: 'its gates or notes are not lists' };
  return { result: report as StoredReport };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
