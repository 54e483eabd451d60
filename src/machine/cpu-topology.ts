import { readFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';

/** Reads a small file of the kernel; null if it does not exist. */
export type ReadText = (path: string) => string | null;

export function readText(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}

export interface CpuTopology {
  logicalCpus: number;
  /** Cores of the machine, without hyper-threads; null if the system does not say. */
  physicalCores: number | null;
  /** Distinct cores among the CPUs this process may run on; null if the system does not say. */
  allowedCores: number | null;
  smt: boolean | null;
}

/**
 * Counts cores from /proc/cpuinfo (x86) or, if that has no core ids (arm), from sysfs. Linux only;
 * elsewhere the core counts are null.
 */
export function readTopology(read: ReadText = readText): CpuTopology {
  const logicalCpus = cpus().length;
  const cores = coresFromCpuinfo(read('/proc/cpuinfo') ?? '') ?? coresFromSysfs(read, logicalCpus);
  if (cores === null) return { logicalCpus, physicalCores: null, allowedCores: null, smt: null };
  const allowed = parseCpuList(
    /^Cpus_allowed_list:\s*(\S+)$/m.exec(read('/proc/self/status') ?? '')?.[1] ?? '',
  );
  const allowedCores = new Set(
    [...cores].filter(([cpu]) => allowed.size === 0 || allowed.has(cpu)).map(([, core]) => core),
  );
  const physicalCores = new Set(cores.values()).size;
  return { logicalCpus, physicalCores, allowedCores: allowedCores.size, smt: cores.size > physicalCores };
}

/**
 * The default number of threads for one model on this machine: the cores that this process may use,
 * within affinity and cgroup quota; at least 1.
 */
export function defaultThreads(topology: CpuTopology, available = availableParallelism()): number {
  return Math.max(1, Math.min(topology.allowedCores ?? available, available));
}

/** Core by CPU number; null if an entry has no core id. */
function coresFromCpuinfo(text: string): Map<number, string> | null {
  const cores = new Map<number, string>();
  for (const entry of text.split(/\n\s*\n/)) {
    const cpu = /^processor\s*:\s*(\d+)$/m.exec(entry)?.[1];
    if (cpu === undefined) continue;
    const core = /^core id\s*:\s*(\d+)$/m.exec(entry)?.[1];
    if (core === undefined) return null;
    cores.set(Number(cpu), `${/^physical id\s*:\s*(\d+)$/m.exec(entry)?.[1] ?? 0}/${core}`);
  }
  return cores.size === 0 ? null : cores;
}

function coresFromSysfs(read: ReadText, logicalCpus: number): Map<number, string> | null {
  const cores = new Map<number, string>();
  for (let cpu = 0; cpu < logicalCpus; cpu++) {
    const folder = `/sys/devices/system/cpu/cpu${cpu}/topology`;
    const core = read(`${folder}/core_id`);
    if (core === null) return null;
    cores.set(cpu, `${read(`${folder}/physical_package_id`)?.trim() ?? 0}/${core.trim()}`);
  }
  return cores.size === 0 ? null : cores;
}

/** The kernel's list format: `0-3,8`. */
function parseCpuList(text: string): Set<number> {
  const list = new Set<number>();
  for (const part of text.split(',')) {
    const [, first, last] = /^(\d+)(?:-(\d+))?$/.exec(part) ?? [];
    if (first === undefined) continue;
    for (let cpu = Number(first); cpu <= Number(last ?? first) && list.size < 65_536; cpu++) list.add(cpu);
  }
  return list;
}
