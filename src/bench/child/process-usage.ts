import { readFileSync } from 'node:fs';
import { GCProfiler } from 'node:v8';

/** What this process did while it timed. */
export interface ProcessUsage {
  contextSwitches: { voluntary: number; involuntary: number };
  gc: { count: number; ms: number };
}

/** Counts from now; the function that it returns says what was counted until then. */
export function watchUsage(): () => ProcessUsage {
  const collections = new GCProfiler();
  const before = process.resourceUsage();
  collections.start();
  return () => {
    const statistics = collections.stop()?.statistics ?? [];
    const after = process.resourceUsage();
    return {
      contextSwitches: {
        voluntary: after.voluntaryContextSwitches - before.voluntaryContextSwitches,
        involuntary: after.involuntaryContextSwitches - before.involuntaryContextSwitches,
      },
      gc: { count: statistics.length, ms: statistics.reduce((sum, { cost }) => sum + cost, 0) / 1e3 },
    };
  };
}

/**
 * Linux counts the parent's memory at the time of the fork into ru_maxrss; VmHWM is this program's
 * own.
 */
export function peakRss(): number {
  try {
    const kilobytes = /^VmHWM:\s*(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'latin1'))?.[1];
    if (kilobytes !== undefined) return Number(kilobytes) * 1024;
  } catch {
    // Not Linux.
  }
  return process.resourceUsage().maxRSS * 1024;
}
