import type { GpuReport } from '../../machine/gpus.ts';
import type { ProcessUsage } from '../../machine/process-usage.ts';
import type { SystemUsage } from '../../machine/system-usage.ts';
import type { Family, Labels, Sample } from './exposition.ts';
import type { Histogram } from './histogram.ts';

/** A version that is served now, and its process. */
export interface LiveVersion {
  name: string;
  version: string;
  /** The stages that it answers for. */
  stages: readonly string[];
  /** False while it has no process that could answer. */
  up: boolean;
  pending: number;
  restarts: number;
  recycles: number;
  /** Null: it runs in the process of the server, or has none at the moment. */
  process: ProcessUsage | null;
}

/** The state of a server at one moment. */
export interface ServerFacts {
  mlreg: string;
  node: string;
  onnxruntime: string | null;
  startedAt: number;
  ready: boolean;
  versions: readonly LiveVersion[];
  front: ProcessUsage;
  /** Of the JavaScript heap of the server's own process. */
  heapBytes: number;
  lag: Histogram;
  system: SystemUsage;
  gpus: GpuReport;
  log: { dropped: number } | null;
  /** Null: there is no response cache. */
  cache: CacheUse | null;
}

/** What the response cache holds. Null: it does not know. */
export interface CacheUse {
  entries: number | null;
  bytes: number | null;
  limitBytes: number | null;
  evictions: number;
  errors: number;
}

/** The metrics of what is served, of the server's processes, and of the machine. */
export function serverFamilies(facts: ServerFacts): Family[] {
  return [
    ...versionFamilies(facts),
    ...processFamilies(facts),
    ...(facts.cache === null ? [] : cacheFamilies(facts.cache)),
    ...systemFamilies(facts.system),
    ...gpuFamilies(facts.gpus),
  ];
}

function gauge(name: string, help: string, samples: Iterable<Sample>): Family {
  return { name, help, type: 'gauge', samples };
}

function counter(name: string, help: string, samples: Iterable<Sample>): Family {
  return { name, help, type: 'counter', samples };
}

function versionFamilies({ versions }: ServerFacts): Family[] {
  const each = (value: (one: LiveVersion) => number | null): Sample[] =>
    versions.map((one) => ({ labels: { model: one.name, version: one.version }, value: value(one) }));
  return [
    gauge(
      'mlreg_up',
      'Whether the version can answer: 1 or 0.',
      each(({ up }) => (up ? 1 : 0)),
    ),
    gauge(
      'mlreg_pending',
      'Requests that wait or run.',
      each(({ pending }) => pending),
    ),
    gauge(
      'mlreg_stage_info',
      'The version that answers for a stage; always 1.',
      versions.flatMap(({ name, version, stages }) =>
        stages.map((stage) => ({ labels: { model: name, stage, version }, value: 1 })),
      ),
    ),
    counter(
      'mlreg_child_restarts_total',
      'Processes of the version that ended by themselves.',
      each(({ restarts }) => restarts),
    ),
    counter(
      'mlreg_child_recycles_total',
      'Processes of the version that were replaced by new ones, as --recycle-after and --recycle-above say.',
      each(({ recycles }) => recycles),
    ),
    counter(
      'mlreg_child_cpu_seconds_total',
      'CPU time of the process of the version.',
      each(({ process }) => process?.cpuSeconds ?? null),
    ),
    gauge(
      'mlreg_child_resident_memory_bytes',
      'Memory of the process of the version.',
      each(({ process }) => process?.residentBytes ?? null),
    ),
    gauge(
      'mlreg_child_open_fds',
      'Open files of the process of the version.',
      each(({ process }) => process?.openFiles ?? null),
    ),
  ];
}

/** The names that begin with process_ are those of all Prometheus clients. */
function processFamilies({ front, lag, log, ...facts }: ServerFacts): Family[] {
  const { mlreg, node, onnxruntime, startedAt, ready, heapBytes } = facts;
  return [
    gauge('mlreg_build_info', 'Versions of the server; always 1.', [
      { labels: { mlreg, node, onnxruntime: onnxruntime ?? '' }, value: 1 },
    ]),
    gauge('mlreg_ready', 'Whether the server takes requests: 1 or 0.', [{ value: ready ? 1 : 0 }]),
    gauge('process_start_time_seconds', 'Start of the server in Unix time.', [{ value: startedAt / 1000 }]),
    counter('process_cpu_seconds_total', "CPU time of the server's own process.", [
      { value: front.cpuSeconds },
    ]),
    gauge('process_resident_memory_bytes', "Memory of the server's own process.", [
      { value: front.residentBytes },
    ]),
    gauge('process_open_fds', "Open files and connections of the server's own process.", [
      { value: front.openFiles },
    ]),
    gauge('process_max_fds', 'The most it can have open.', [{ value: front.maxFiles }]),
    gauge('mlreg_heap_used_bytes', "JavaScript heap of the server's own process.", [{ value: heapBytes }]),
    {
      name: 'mlreg_event_loop_lag_seconds',
      type: 'histogram',
      help: "How late a timer of the server's own process ran, ten times a second.",
      samples: [{ histogram: lag }],
    },
    counter('mlreg_log_lines_lost_total', 'Lines of the access log that could not be written.', [
      { value: log?.dropped ?? null },
    ]),
  ];
}

function cacheFamilies({ entries, bytes, limitBytes, evictions, errors }: CacheUse): Family[] {
  return [
    gauge('mlreg_cache_entries', 'Answers in the response cache.', [{ value: entries }]),
    gauge('mlreg_cache_bytes', 'Memory of the response cache.', [{ value: bytes }]),
    gauge('mlreg_cache_limit_bytes', 'The most memory that it takes.', [{ value: limitBytes }]),
    counter('mlreg_cache_evictions_total', 'Answers that had to go for others.', [{ value: evictions }]),
    counter('mlreg_cache_errors_total', 'Reads and writes of the cache that failed or took too long.', [
      { value: errors },
    ]),
  ];
}

function systemFamilies({ cpuSeconds, networks, disks, ...memory }: SystemUsage): Family[] {
  const device = (name: string): Labels => ({ device: name });
  return [
    counter(
      'mlreg_system_cpu_seconds_total',
      'CPU time of the machine by what it was used for.',
      Object.entries(cpuSeconds).map(([mode, value]) => ({ labels: { mode }, value })),
    ),
    gauge('mlreg_system_memory_bytes', 'Memory of the machine.', [{ value: memory.memoryBytes }]),
    gauge('mlreg_system_memory_available_bytes', 'Memory that can be had without swapping.', [
      { value: memory.availableBytes },
    ]),
    gauge('mlreg_system_memory_limit_bytes', 'Memory limit of the container.', [
      { value: memory.memoryLimitBytes },
    ]),
    counter(
      'mlreg_system_network_receive_bytes_total',
      'Bytes received by a network device.',
      networks.map((one) => ({ labels: device(one.device), value: one.receivedBytes })),
    ),
    counter(
      'mlreg_system_network_transmit_bytes_total',
      'Bytes sent by a network device.',
      networks.map((one) => ({ labels: device(one.device), value: one.sentBytes })),
    ),
    gauge(
      'mlreg_system_disk_bytes',
      'Size of the file system that holds a folder.',
      disks.map(({ path, sizeBytes }) => ({ labels: { path }, value: sizeBytes })),
    ),
    gauge(
      'mlreg_system_disk_available_bytes',
      'Free space of the file system that holds a folder.',
      disks.map(({ path, availableBytes }) => ({ labels: { path }, value: availableBytes })),
    ),
  ];
}

function gpuFamilies(report: GpuReport): Family[] {
  const gpus = 'gpus' in report ? report.gpus : [];
  const each = (value: (gpu: (typeof gpus)[number]) => number | null): Sample[] =>
    gpus.map((gpu) => ({ labels: { gpu: gpu.index, name: gpu.name }, value: value(gpu) }));
  return [
    gauge('mlreg_gpus', 'GPUs that nvidia-smi reports; 0 without nvidia-smi.', [{ value: gpus.length }]),
    gauge(
      'mlreg_gpu_utilization_ratio',
      'Share of the time in which the GPU was busy.',
      each((gpu) => gpu.utilization),
    ),
    gauge(
      'mlreg_gpu_memory_used_bytes',
      'Memory of the GPU in use.',
      each((gpu) => gpu.memoryUsedBytes),
    ),
    gauge(
      'mlreg_gpu_memory_bytes',
      'Memory of the GPU.',
      each((gpu) => gpu.memoryBytes),
    ),
    gauge(
      'mlreg_gpu_temperature_celsius',
      'Temperature of the GPU.',
      each((gpu) => gpu.celsius),
    ),
    gauge(
      'mlreg_gpu_power_watts',
      'Power that the GPU draws.',
      each((gpu) => gpu.watts),
    ),
  ];
}
