import { readText, type ReadText } from './cpu-topology.ts';

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
