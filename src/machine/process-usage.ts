import { readdirSync } from 'node:fs';
import { readText, type ReadText } from './resources.ts';

/** What one process uses. Null: this system does not say, or the process is gone. */
export interface ProcessUsage {
  /** Seconds of CPU since its start, user and system. */
  cpuSeconds: number | null;
  residentBytes: number | null;
  threads: number | null;
  openFiles: number | null;
  /** The most files it may have open. */
  maxFiles: number | null;
}

/** USER_HZ, which the kernel promises to programs: 100 on every architecture that Node runs on. */
const ticksPerSecond = 100;

/**
 * Reads /proc/PID (proc_pid_stat(5), proc_pid_status(5)); Linux only. Some 50 µs, and more where
 * the process has thousands of open files.
 */
export function readProcess(pid: number | 'self', read: ReadText = readText): ProcessUsage {
  const status = read(`/proc/${pid}/status`) ?? '';
  const limit = /^Max open files\s+(\d+|unlimited)/m.exec(read(`/proc/${pid}/limits`) ?? '')?.[1];
  return {
    cpuSeconds: readCpuSeconds(read(`/proc/${pid}/stat`)),
    residentBytes: kilobytes(status, 'VmRSS'),
    threads: count(/^Threads:\s+(\d+)$/m.exec(status)?.[1]),
    openFiles: entriesIn(`/proc/${pid}/fd`),
    maxFiles: limit === 'unlimited' ? Number.POSITIVE_INFINITY : count(limit),
  };
}

/** The name of the program comes second, in parentheses, and may contain any of these. */
function readCpuSeconds(stat: string | null): number | null {
  if (stat === null) return null;
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const ticks = Number(fields[11]) + Number(fields[12]);
  return Number.isFinite(ticks) ? ticks / ticksPerSecond : null;
}

export function kilobytes(text: string, name: string): number | null {
  const found = new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(text)?.[1];
  return found === undefined ? null : Number(found) * 1024;
}

function count(digits: string | undefined): number | null {
  return digits === undefined ? null : Number(digits);
}

function entriesIn(folder: string): number | null {
  try {
    return readdirSync(folder).length;
  } catch {
    return null;
  }
}
