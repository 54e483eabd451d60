import { readFileSync } from 'node:fs';
import { totalmem } from 'node:os';

/** Limits on the resources of a job. */
export interface JobLimits {
  /** Wall-clock milliseconds from the start of the child. */
  timeoutMs: number;
  /** The limit that a message names, if `timeoutMs` is only the rest of it. */
  namedTimeoutMs?: number;
  /**
   * Every progress message restarts the clock: the limit is then on silence, not on the total time.
   */
  timeoutIsStall?: boolean;
  /** Resident bytes of the child, Node and ONNX Runtime (about 100 MB) included. */
  memoryLimitBytes: number;
  /**
   * Who watches the child's memory. Default: `parent` on Linux, through /proc, else a thread of the
   * child.
   */
  memoryWatch?: 'parent' | 'child';
}

/**
 * The default memory limit of a child, in bytes: 1 GiB for Node, ONNX Runtime and activations, plus
 * four times the size of what is loaded: the model, its initializers, their packed copies, and as
 * much again while a session is optimised. At most 90% of what the machine or, if known, the cgroup
 * has.
 */
export function defaultMemoryLimit(loadedBytes: number, cgroupBytes: number | null): number {
  const there = Math.min(totalmem(), cgroupBytes ?? Number.POSITIVE_INFINITY);
  return Math.floor(Math.min(0.9 * there, 2 ** 30 + 4 * loadedBytes));
}

export interface MemoryWatch {
  /** Resident bytes at the last check; null: unknown. */
  rssBytes(): number | null;
  stop(): void;
}

const pollMs = 20;

/**
 * Checks a process's resident memory every 20 ms, and calls `exceeded` once it is above
 * `limitBytes`. The system's own limits (RLIMIT_DATA, RLIMIT_AS) cannot replace this: if low enough
 * to matter, they break Node and ONNX Runtime at start.
 */
export function watchMemory(pid: number | undefined, limitBytes: number, exceeded: () => void): MemoryWatch {
  let last: number | null = null;
  const poll = setInterval(() => {
    last = residentBytes(pid) ?? last;
    if (last !== null && last > limitBytes) exceeded();
  }, pollMs);
  return { rssBytes: () => last, stop: () => clearInterval(poll) };
}

/** Reads VmRSS and not statm, which counts pages; Node does not tell their size. */
function residentBytes(pid: number | undefined): number | null {
  try {
    const kilobytes = /^VmRSS:\s*(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1];
    return kilobytes === undefined ? null : Number(kilobytes) * 1024;
  } catch {
    return null;
  }
}
