import { readFileSync } from 'node:fs';
import { totalmem } from 'node:os';

/** What a job may take. */
export interface JobLimits {
  /** Wall-clock milliseconds from the start of the child. */
  timeoutMs: number;
  /** The limit that a message names, where `timeoutMs` is what is left of it. */
  namedTimeoutMs?: number;
  /** The clock starts again at every progress message: a limit on silence instead of the whole. */
  timeoutIsStall?: boolean;
  /** Resident bytes of the child, Node and ONNX Runtime (about 100 MB) included. */
  memoryLimitBytes: number;
  /**
   * Who watches the child's memory. By default `parent` on Linux, through /proc, else a thread of
   * the child.
   */
  memoryWatch?: 'parent' | 'child';
}

/**
 * The default memory limit of a child, in bytes: 1 GiB for Node, ONNX Runtime and activations, and
 * four times what is loaded: the model, its initializers, their packed copies and as much again
 * while a session is optimised. Never more than 90% of what the machine or, where it is known, the
 * cgroup has.
 */
export function defaultMemoryLimit(loadedBytes: number, cgroupBytes: number | null): number {
  const there = Math.min(totalmem(), cgroupBytes ?? Number.POSITIVE_INFINITY);
  return Math.floor(Math.min(0.9 * there, 2 ** 30 + 4 * loadedBytes));
}

export interface MemoryWatch {
  /** Resident bytes when last looked at; null: not known. */
  rssBytes(): number | null;
  stop(): void;
}

const pollMs = 20;

/**
 * Looks at a process's resident memory every 20 ms, and calls `exceeded` once it holds more than
 * `limitBytes`. A limit of the system's own (RLIMIT_DATA, RLIMIT_AS) that is low enough to matter
 * breaks Node and ONNX Runtime at their start.
 */
export function watchMemory(pid: number | undefined, limitBytes: number, exceeded: () => void): MemoryWatch {
  let last: number | null = null;
  const poll = setInterval(() => {
    last = residentBytes(pid) ?? last;
    if (last !== null && last > limitBytes) exceeded();
  }, pollMs);
  return { rssBytes: () => last, stop: () => clearInterval(poll) };
}

/** VmRSS and not statm, which counts in pages of a size that Node does not tell. */
function residentBytes(pid: number | undefined): number | null {
  try {
    const kilobytes = /^VmRSS:\s*(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1];
    return kilobytes === undefined ? null : Number(kilobytes) * 1024;
  } catch {
    return null;
  }
}
