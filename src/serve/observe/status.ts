import type { GpuReport } from '../../machine/gpus.ts';
import type { ProcessUsage } from '../../machine/process-usage.ts';
import type { Lately } from './recent.ts';
import type { VersionCounts } from './request-counts.ts';
import type { LiveVersion, ServerFacts } from './server-families.ts';

/** What `GET /` answers as JSON, and the page and `mlreg serve status` show. Times are ISO 8601. */
export interface ServerStatus {
  mlreg: string;
  node: string;
  onnxruntime: string | null;
  startedAt: string;
  uptimeSeconds: number;
  ready: boolean;
  models: ModelStatus[];
  process: UsageStatus & { heapBytes: number; maxFiles: number | null; loopLagMs: number };
  system: {
    cpus: number;
    memoryBytes: number;
    availableBytes: number;
    memoryLimitBytes: number | null;
    disks: { path: string; sizeBytes: number; availableBytes: number }[];
  };
  /** Null: there is no GPU here; `gpuNote` says why. */
  gpus: Extract<GpuReport, { gpus: unknown }>['gpus'] | null;
  gpuNote: string | null;
  /** Null: no access log is written. */
  log: { linesLost: number; trouble: string | null } | null;
}

export interface UsageStatus {
  cpuSeconds: number | null;
  residentBytes: number | null;
  openFiles: number | null;
}

export interface ModelStatus {
  ref: string;
  name: string;
  version: string;
  stages: string[];
  up: boolean;
  pending: number;
  restarts: number;
  /** Since the server started. */
  requests: number;
  failed: number;
  timeouts: number;
  lastRequestAt: string | null;
  /** Of the last minute. */
  lately: Lately;
  process: UsageStatus | null;
}

interface Seen {
  facts: ServerFacts;
  now: number;
  cpus: number;
  /** In seconds. */
  worstLag: number;
  logTrouble: string | null;
  counts: (name: string, version: string) => VersionCounts | undefined;
  lately: (counts: VersionCounts | undefined) => Lately;
}

export function serverStatus({ facts, now, cpus, worstLag, logTrouble, counts, lately }: Seen): ServerStatus {
  const { mlreg, node, onnxruntime, startedAt, ready, system, gpus, log, front } = facts;
  return {
    mlreg,
    node,
    onnxruntime,
    startedAt: new Date(startedAt).toISOString(),
    uptimeSeconds: Math.round((now - startedAt) / 1000),
    ready,
    models: facts.versions.map((one) => {
      const counted = counts(one.name, one.version);
      return modelStatus(one, counted, lately(counted));
    }),
    process: {
      ...usageStatus(front),
      heapBytes: facts.heapBytes,
      maxFiles: front.maxFiles !== null && Number.isFinite(front.maxFiles) ? front.maxFiles : null,
      loopLagMs: worstLag * 1000,
    },
    system: {
      cpus,
      memoryBytes: system.memoryBytes,
      availableBytes: system.availableBytes,
      memoryLimitBytes: system.memoryLimitBytes,
      disks: system.disks,
    },
    gpus: 'gpus' in gpus ? gpus.gpus : null,
    gpuNote: 'absent' in gpus ? gpus.absent : null,
    log: log === null ? null : { linesLost: log.dropped, trouble: logTrouble },
  };
}

function modelStatus(one: LiveVersion, counts: VersionCounts | undefined, lately: Lately): ModelStatus {
  const { name, version, stages, up, pending, restarts, process } = one;
  return {
    ref: `${name}@${version}`,
    name,
    version,
    stages: [...stages],
    up,
    pending,
    restarts,
    requests: (counts?.success.count ?? 0) + (counts?.failure.count ?? 0),
    failed: counts?.failure.count ?? 0,
    timeouts: counts?.timeouts ?? 0,
    lastRequestAt: counts === undefined || counts.lastAt === 0 ? null : new Date(counts.lastAt).toISOString(),
    lately,
    process: process === null ? null : usageStatus(process),
  };
}

function usageStatus({ cpuSeconds, residentBytes, openFiles }: ProcessUsage): UsageStatus {
  return { cpuSeconds, residentBytes, openFiles };
}
