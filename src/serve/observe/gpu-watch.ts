import { readGpus, type GpuReport } from '../../machine/gpus.ts';

/**
 * The last report on GPUs, at most `freshMs` old unless nvidia-smi is slow. A scrape must not wait
 * for a program that can take seconds: `current` starts it, and only the first call waits, for at
 * most `firstMs`.
 */
export interface GpuWatch {
  current: () => Promise<GpuReport>;
}

const freshMs = 5000;
const firstMs = 1000;
/** A machine does not get a driver while a server runs; starting a program costs milliseconds. */
const absentMs = 600_000;

export function watchGpus(
  env: NodeJS.ProcessEnv,
  now: () => number = performance.now.bind(performance),
): GpuWatch {
  let last: GpuReport | undefined;
  let readAt = -Infinity;
  let reading: Promise<void> | undefined;
  const read = async (): Promise<void> => {
    last = await readGpus(env);
    readAt = now();
    reading = undefined;
  };
  return {
    async current() {
      const kept = last !== undefined && 'absent' in last ? absentMs : freshMs;
      if (now() - readAt > kept) reading ??= read();
      if (last === undefined && reading !== undefined) await Promise.race([reading, pause(firstMs)]);
      return last ?? { absent: 'nvidia-smi has not answered yet' };
    },
  };
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms).unref();
  });
}
