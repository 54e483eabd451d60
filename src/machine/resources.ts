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

export interface CgroupLimits {
  /** CPU seconds per second; null: no limit, or no cgroup. */
  cpuQuota: number | null;
  memoryBytes: number | null;
}

export interface CgroupThrottling {
  periods: number;
  ms: number;
}

/** In v1, the kernel writes a limit this high for no limit. */
const unlimited = 2 ** 60;

/** The tightest limits from this process's cgroup up to the root, for cgroup v2 and v1. */
export function readCgroupLimits(read: ReadText = readText): CgroupLimits {
  const limits: CgroupLimits = { cpuQuota: null, memoryBytes: null };
  for (const folder of folders(read, 'cpu')) {
    const [quota, period] = (read(`${folder}/cpu.max`) ?? '').trim().split(' ');
    limits.cpuQuota = least(limits.cpuQuota, Number(quota) / Number(period));
    const v1 =
      Number(read(`${folder}/cpu.cfs_quota_us`) ?? Number.NaN) / Number(read(`${folder}/cpu.cfs_period_us`));
    limits.cpuQuota = least(limits.cpuQuota, v1);
  }
  for (const folder of folders(read, 'memory')) {
    for (const file of ['memory.max', 'memory.limit_in_bytes']) {
      const bytes = Number(read(`${folder}/${file}`)?.trim() || Number.NaN);
      if (bytes < unlimited) limits.memoryBytes = least(limits.memoryBytes, bytes);
    }
  }
  return limits;
}

/**
 * How often and how long this cgroup was stopped because it used up its quota; null if the kernel
 * does not count it.
 */
export function readThrottling(read: ReadText = readText): CgroupThrottling | null {
  for (const folder of folders(read, 'cpu')) {
    const text = read(`${folder}/cpu.stat`) ?? '';
    const periods = /^nr_throttled (\d+)$/m.exec(text)?.[1];
    if (periods === undefined) continue;
    const us = /^throttled_usec (\d+)$/m.exec(text)?.[1];
    const ns = /^throttled_time (\d+)$/m.exec(text)?.[1];
    return { periods: Number(periods), ms: us === undefined ? Number(ns ?? 0) / 1e6 : Number(us) / 1e3 };
  }
  return null;
}

/**
 * Possible folders of the controller's files, innermost first. Inside a container the path is often
 * that of the host: then only the mount's root exists.
 */
function* folders(read: ReadText, controller: 'cpu' | 'memory'): Generator<string> {
  for (const line of (read('/proc/self/cgroup') ?? '').split('\n')) {
    const [, controllers, path] = /^\d+:([^:]*):(\/.*)$/.exec(line) ?? [];
    if (controllers === undefined || path === undefined) continue;
    const names = controllers.split(',');
    if (controllers !== '' && !names.includes(controller)) continue;
    const mounts = controllers === '' ? [''] : [`/${controllers}`, `/${controller}`];
    for (const mount of new Set(mounts)) {
      for (let at = path; ; at = at.slice(0, at.lastIndexOf('/'))) {
        yield `/sys/fs/cgroup${mount}${at === '/' ? '' : at}`;
        if (at === '' || at === '/') break;
      }
    }
  }
}

function least(a: number | null, b: number): number | null {
  if (!Number.isFinite(b) || b <= 0) return a;
  return a === null ? b : Math.min(a, b);
}
