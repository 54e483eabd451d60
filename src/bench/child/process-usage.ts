import { readFileSync } from 'node:fs';
import { GCProfiler } from 'node:v8';

/** What this process used while it timed. */
export interface ProcessUsage {
  contextSwitches: { voluntary: number; involuntary: number };
  gc: { count: number; ms: number };
}

/** Starts counting; the returned function gives the counts so far. */
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
 * Peak resident memory. Not ru_maxrss, because on Linux it includes the parent's memory at the time
 * of the fork; VmHWM is only this program's.
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
