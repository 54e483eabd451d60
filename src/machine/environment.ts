import { createHash } from 'node:crypto';
import { availableParallelism, cpus, release, totalmem } from 'node:os';
import { canonicalJson } from '../core/json/canonical.ts';
import {
  readCgroupLimits,
  readThrottling,
  type CgroupThrottling,
  readText,
  readTopology,
  type ReadText,
} from './resources.ts';

/** What a latency depends on besides the model. Null: the system does not say. */
export interface HostFacts {
  platform: string;
  arch: string;
  kernel: string;
  libc: string | null;
  cpuModel: string | null;
  /** Of the instruction sets for which ONNX Runtime has kernels. */
  cpuFlags: string[] | null;
  logicalCpus: number;
  physicalCores: number | null;
  /** CPUs this process may use, by affinity and cgroup quota. */
  availableCpus: number;
  smt: boolean | null;
  governor: string | null;
  cgroupCpuQuota: number | null;
  cgroupMemoryBytes: number | null;
  memoryBytes: number;
  node: string;
  /** Null if no child got as far as loading it. */
  onnxruntime: string | null;
  provider: string;
  /** Null: ONNX Runtime's default. */
  intraOpThreads: number | null;
  interOpThreads: number | null;
  extra: Record<string, string>;
}

/** What the machine did while the samples were taken. Null: this system does not count it. */
export interface HostDrift {
  /** Share of all CPU time that the hypervisor gave to other guests, 0 … 1. */
  steal: number | null;
  /** Share of all CPU time in use, this measurement included, 0 … 1. */
  busy: number | null;
  throttledPeriods: number | null;
  throttledMs: number | null;
  /** Of the children while they timed. An involuntary switch interrupts a run. */
  contextSwitches: { voluntary: number; involuntary: number } | null;
  /** In the children's JavaScript heaps while they timed; run() leaves garbage. */
  gc: { count: number; ms: number } | null;
}

export interface RuntimeFacts {
  onnxruntime: string | null;
  provider: string;
  intraOpThreads: number | null;
  interOpThreads: number | null;
  extra: Record<string, string>;
}

const flagsThatMatter = [
  'avx',
  'avx2',
  'fma',
  'f16c',
  'avx_vnni',
  'avx512f',
  'avx512bw',
  'avx512_vnni',
  'avx512_bf16',
  'avx512_fp16',
  'amx_tile',
  'amx_int8',
  'amx_bf16',
  'asimd',
  'asimddp',
  'asimdhp',
  'bf16',
  'i8mm',
  'sve',
  'sve2',
];

/** Reads the facts of the machine, and adds those of the runtime as they are. */
export function readFacts<Runtime extends RuntimeFacts>(
  runtime: Runtime,
  read: ReadText = readText,
): HostFacts & Runtime {
  const { logicalCpus, physicalCores, smt } = readTopology(read);
  const { cpuQuota, memoryBytes } = readCgroupLimits(read);
  return {
    platform: process.platform,
    arch: process.arch,
    kernel: release(),
    libc: readLibc(),
    cpuModel: cpus()[0]?.model.trim() || null,
    cpuFlags: readFlags(read('/proc/cpuinfo') ?? ''),
    logicalCpus,
    physicalCores,
    availableCpus: availableParallelism(),
    smt,
    governor: read('/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor')?.trim() || null,
    cgroupCpuQuota: cpuQuota,
    cgroupMemoryBytes: memoryBytes,
    memoryBytes: totalmem(),
    node: process.versions.node,
    ...runtime,
  };
}

/**
 * 16 hex digits, equal for measurements that can be compared: SHA-256 of the facts as canonical
 * JSON, with memory in whole GiB, because what a kernel reserves for itself changes from boot to
 * boot.
 */
export function fingerprint(facts: HostFacts): string {
  const stable = { ...facts, memoryBytes: Math.round(facts.memoryBytes / 2 ** 30) };
  return createHash('sha256').update(canonicalJson(stable)).digest('hex').slice(0, 16);
}

/** Counters of the machine, read before and after. */
export interface HostCounters {
  /** Jiffies of all CPUs since boot. */
  cpu: { total: number; idle: number; steal: number } | null;
  throttling: CgroupThrottling | null;
}

export function readCounters(read: ReadText = readText): HostCounters {
  return { cpu: readCpuTimes(read('/proc/stat') ?? ''), throttling: readThrottling(read) };
}

export function hostDrift(
  before: HostCounters,
  after: HostCounters,
): Omit<HostDrift, 'contextSwitches' | 'gc'> {
  const total = before.cpu && after.cpu ? after.cpu.total - before.cpu.total : 0;
  const share = (used: number): number => Math.max(0, Math.min(1, used / total));
  const { throttling: start } = before;
  const { throttling: end } = after;
  return {
    steal: before.cpu && after.cpu && total > 0 ? share(after.cpu.steal - before.cpu.steal) : null,
    busy: before.cpu && after.cpu && total > 0 ? 1 - share(after.cpu.idle - before.cpu.idle) : null,
    throttledPeriods: start && end ? end.periods - start.periods : null,
    throttledMs: start && end ? end.ms - start.ms : null,
  };
}

/**
 * Parses the first line of /proc/stat. Its fields are described in proc_stat(5): user time already
 * includes guest time.
 */
function readCpuTimes(text: string): HostCounters['cpu'] {
  const [, fields] = /^cpu\s+([\d ]+)$/m.exec(text) ?? [];
  if (fields === undefined) return null;
  const [user = 0, nice = 0, system = 0, idle = 0, wait = 0, irq = 0, softirq = 0, steal = 0] = fields
    .split(' ')
    .map(Number);
  return { total: user + nice + system + idle + wait + irq + softirq + steal, idle: idle + wait, steal };
}

function readFlags(cpuinfo: string): string[] | null {
  const line = /^(?:flags|Features)\s*:\s*(.+)$/m.exec(cpuinfo)?.[1];
  if (line === undefined) return null;
  const flags = new Set(line.trim().split(/\s+/));
  return flagsThatMatter.filter((flag) => flags.has(flag));
}

function readLibc(): string | null {
  if (process.platform !== 'linux') return null;
  const report = readReport() as {
    header?: { glibcVersionRuntime?: string };
    sharedObjects?: string[];
  };
  const glibc = report.header?.glibcVersionRuntime;
  if (glibc !== undefined) return `glibc ${glibc}`;
  return report.sharedObjects?.some((path) => path.includes('musl')) ? 'musl' : null;
}

/** Node's own diagnostic report, without host name lookups for open connections. */
function readReport(): object {
  const settings = process.report as NodeJS.ProcessReport & { excludeNetwork?: boolean };
  const before = settings.excludeNetwork;
  settings.excludeNetwork = true;
  try {
    return process.report.getReport();
  } finally {
    settings.excludeNetwork = before ?? false;
  }
}
