import { availableParallelism } from 'node:os';
import { readProcess } from '../../machine/process-usage.ts';
import { readSystem } from '../../machine/system-usage.ts';
import { createAccessFormat } from './access-line.ts';
import { exposition } from './exposition.ts';
import { watchGpus } from './gpu-watch.ts';
import { createLogWriter } from './log-writer.ts';
import type { LogSink } from './log-sink.ts';
import { watchLoopLag } from './loop-lag.ts';
import { modelStats, type ModelStats } from './model-stats.ts';
import { watchRecent } from './recent.ts';
import { createRequestCounts } from './request-counts.ts';
import type { Observe } from './request-event.ts';
import { requestFamilies, tritonFamilies } from './request-families.ts';
import { requestIds } from './request-id.ts';
import { createSlotCounts, type SlotKind } from './slot-counts.ts';
import { type CacheUse, serverFamilies, type LiveVersion, type ServerFacts } from './server-families.ts';
import { serverStatus, type ServerStatus } from './status.ts';

/** A version that is served now. */
export interface WatchedVersion extends Omit<LiveVersion, 'process'> {
  /** Of its process; null: it has none of its own. */
  pid: number | null;
}

export interface ObserverOptions {
  /** Of mlreg. */
  version: string;
  /** Of ONNX Runtime; null: nothing is loaded. */
  onnxruntime: () => string | null;
  versions: () => readonly WatchedVersion[];
  isReady: () => boolean;
  /** Where the access log goes; undefined: there is none. */
  log: LogSink | undefined;
  /** Of the response cache; null: there is none. */
  cache: () => CacheUse | null;
  /** Adds metrics under the names of Triton. */
  tritonNames: boolean;
  /** Folders whose file systems are watched. */
  folders: readonly string[];
  env: NodeJS.ProcessEnv;
}

/** Everything that is counted, logged and told of a running server. */
export interface Observer {
  observe: Observe;
  /** Counts what happened to the version of a stage. */
  noteSlot: (model: string, stage: string | null, kind: SlotKind) => void;
  makeId: () => string;
  /** For Prometheus. */
  metrics: () => Promise<string>;
  status: () => Promise<ServerStatus>;
  /** As Triton has them. */
  stats: (name: string, version: string) => ModelStats;
  /** Stops the timers, and writes what is left of the log. */
  close: () => Promise<void>;
}

export function openObserver(options: ObserverOptions): Observer {
  const { version, onnxruntime, versions, isReady, cache, tritonNames, folders, env } = options;
  const startedAt = Date.now();
  const format = createAccessFormat();
  const lostLine = (lines: number): string => format.lostLine(lines, Date.now());
  const log = options.log === undefined ? undefined : createLogWriter(options.log, { lostLine });
  const counts = createRequestCounts();
  const slots = createSlotCounts();
  const recent = watchRecent(counts);
  const lag = watchLoopLag();
  const gpus = watchGpus(env);
  const facts = async (): Promise<ServerFacts> => ({
    mlreg: version,
    node: process.versions.node,
    onnxruntime: onnxruntime(),
    startedAt,
    ready: isReady(),
    versions: versions().map(({ pid, ...one }) => ({
      ...one,
      process: pid === null ? null : readProcess(pid),
    })),
    front: readProcess('self'),
    heapBytes: process.memoryUsage().heapUsed,
    lag: lag.histogram,
    system: readSystem(folders),
    gpus: await gpus.current(),
    log: log === undefined ? null : { dropped: log.dropped },
    cache: cache(),
  });
  return {
    observe(event) {
      if (event.infers) counts.count(event);
      log?.line(format.line(event));
    },
    noteSlot: slots.note,
    makeId: requestIds(),
    async metrics() {
      const counted = counts.versions();
      return exposition([
        ...requestFamilies(counted),
        ...(tritonNames ? tritonFamilies(counted) : []),
        ...slots.families(),
        ...serverFamilies(await facts()),
      ]);
    },
    status: async () =>
      serverStatus({
        facts: await facts(),
        now: Date.now(),
        cpus: availableParallelism(),
        worstLag: lag.worst(),
        logTrouble: log?.trouble ?? null,
        counts: counts.find,
        lately: recent.of,
      }),
    stats: (name, of) => modelStats(name, of, counts.find(name, of)),
    async close() {
      recent.stop();
      lag.stop();
      await log?.close();
    },
  };
}
