import { closeSync, openSync, readFileSync, readSync } from 'node:fs';

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
  const statm = openStatm(pid);
  const poll = setInterval(() => {
    last = statm?.residentBytes() ?? last;
    if (last !== null && last > limitBytes) exceeded();
  }, pollMs);
  return {
    rssBytes: () => last,
    stop: () => {
      clearInterval(poll);
      statm?.close();
    },
  };
}

interface Statm {
  /** Null: the process is gone. */
  residentBytes(): number | null;
  close(): void;
}

/**
 * A server looks for weeks, so the file stays open and is the one that is cheapest to read: opening
 * and searching /proc/PID/status took 100 µs each time, 1% of a core for two children. Format:
 * proc_pid_statm(5). Null: the process is gone, or this is not Linux.
 */
function openStatm(pid: number | undefined): Statm | null {
  let descriptor: number;
  let pageBytes: number;
  try {
    pageBytes = readPageBytes();
    descriptor = openSync(`/proc/${pid}/statm`, 'r');
  } catch {
    return null;
  }
  const text = Buffer.alloc(128);
  let isOpen = true;
  return {
    residentBytes() {
      if (!isOpen) return null;
      try {
        const length = readSync(descriptor, text, 0, text.length, 0);
        const [, pages] = text.toString('latin1', 0, length).split(' ', 2);
        // A process that has ended, and that nobody waited for yet, has none.
        return Number(pages) > 0 ? Number(pages) * pageBytes : null;
      } catch {
        return null;
      }
    },
    close() {
      if (isOpen) closeSync(descriptor);
      isOpen = false;
    },
  };
}

/** AT_PAGESZ in getauxval(3). */
const pageSizeKey = 6n;

/** The size of a page, which Node does not tell: the kernel tells each process when it starts. */
function readPageBytes(): number {
  const auxiliary = readFileSync('/proc/self/auxv');
  for (let at = 0; at + 16 <= auxiliary.length; at += 16)
    if (auxiliary.readBigUInt64LE(at) === pageSizeKey) return Number(auxiliary.readBigUInt64LE(at + 8));
  throw new Error('the kernel does not tell the size of a page');
}
