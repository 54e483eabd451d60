import { statfsSync } from 'node:fs';
import { freemem, totalmem } from 'node:os';
import { kilobytes } from './process-usage.ts';
import { readCgroupLimits, readText, type ReadText } from './resources.ts';

/** What the whole machine uses, or the container where the kernel counts by container. */
export interface SystemUsage {
  /** Seconds of all CPUs since boot by what they did, as in /proc/stat; empty: not counted here. */
  cpuSeconds: Record<string, number>;
  memoryBytes: number;
  /** Memory that can be had without swapping. */
  availableBytes: number;
  /** The limit of this process's cgroup; null: none. */
  memoryLimitBytes: number | null;
  /** Counted since boot; empty: not counted here. */
  networks: { device: string; receivedBytes: number; sentBytes: number }[];
  /** Of the file systems asked for, those that exist. */
  disks: { path: string; sizeBytes: number; availableBytes: number }[];
}

const cpuStates = ['user', 'nice', 'system', 'idle', 'iowait', 'irq', 'softirq', 'steal'];
const ticksPerSecond = 100;

/** Reads a few files of /proc; `paths` are files or folders on the file systems to look at. */
export function readSystem(paths: readonly string[], read: ReadText = readText): SystemUsage {
  const memory = read('/proc/meminfo') ?? '';
  return {
    cpuSeconds: readCpu(read('/proc/stat') ?? ''),
    memoryBytes: kilobytes(memory, 'MemTotal') ?? totalmem(),
    availableBytes: kilobytes(memory, 'MemAvailable') ?? freemem(),
    memoryLimitBytes: readCgroupLimits(read).memoryBytes,
    networks: readNetworks(read('/proc/net/dev') ?? ''),
    disks: paths.flatMap(readDisk),
  };
}

function readCpu(stat: string): Record<string, number> {
  const fields = /^cpu\s+([\d ]+)$/m.exec(stat)?.[1]?.split(' ') ?? [];
  return Object.fromEntries(
    cpuStates.flatMap((state, index) =>
      fields[index] === undefined ? [] : [[state, Number(fields[index]) / ticksPerSecond]],
    ),
  );
}

/** proc_pid_net(5): after the name of the device, bytes are the first and the ninth column. */
function readNetworks(dev: string): SystemUsage['networks'] {
  return [...dev.matchAll(/^\s*([^\s:]+):\s*([\d ]+)$/gm)].map(([, device = '', columns = '']) => {
    const values = columns.trim().split(/ +/).map(Number);
    return { device, receivedBytes: values[0] ?? 0, sentBytes: values[8] ?? 0 };
  });
}

function readDisk(path: string): SystemUsage['disks'] {
  try {
    const { bsize, blocks, bavail } = statfsSync(path);
    return [{ path, sizeBytes: bsize * blocks, availableBytes: bsize * bavail }];
  } catch {
    return [];
  }
}
