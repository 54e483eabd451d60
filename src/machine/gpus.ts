import { execFile } from 'node:child_process';

/** What nvidia-smi says of a GPU. Null: this GPU does not say. */
export interface GpuUsage {
  index: string;
  name: string;
  /** Share of the time in which a kernel ran, 0 … 1. */
  utilization: number | null;
  memoryUsedBytes: number | null;
  memoryBytes: number | null;
  celsius: number | null;
  watts: number | null;
}

export type GpuReport = { gpus: GpuUsage[] } | { absent: string };

const fields = 'index,name,utilization.gpu,memory.used,memory.total,temperature.gpu,power.draw';
const mebibyte = 2 ** 20;
const timeoutMs = 5000;

/**
 * Asks the nvidia-smi of the path, which takes from 30 ms to seconds. Never rejects: `absent` says
 * why there is nothing to report.
 */
export function readGpus(env: NodeJS.ProcessEnv): Promise<GpuReport> {
  const settings = { env, timeout: timeoutMs, killSignal: 'SIGKILL', maxBuffer: 1 << 20 } as const;
  return new Promise((resolve) => {
    execFile(
      'nvidia-smi',
      [`--query-gpu=${fields}`, '--format=csv,noheader,nounits'],
      settings,
      (error, stdout) => {
        if (error === null) resolve({ gpus: stdout.split('\n').flatMap(parseGpu) });
        else resolve({ absent: whyAbsent(error) });
      },
    );
  });
}

function whyAbsent(error: Error & { code?: string | number | null; killed?: boolean }): string {
  if (error.code === 'ENOENT') return 'nvidia-smi is not installed';
  if (error.killed === true) return `nvidia-smi did not answer within ${timeoutMs / 1000} s`;
  return `nvidia-smi failed (${typeof error.code === 'number' ? `exit code ${error.code}` : (error.code ?? 'killed')})`;
}

function parseGpu(line: string): GpuUsage[] {
  const cells = line.split(',').map((cell) => cell.trim());
  const [index = '', name = '', ...numbers] = cells;
  if (!/^\d+$/.test(index)) return [];
  // Where a GPU does not know, it says [N/A] or [Not Supported].
  const [utilization, used, total, celsius, watts] = numbers.map((cell) =>
    /^\d+(\.\d+)?$/.test(cell) ? Number(cell) : null,
  );
  return [
    {
      index,
      name,
      utilization: times(0.01, utilization),
      memoryUsedBytes: times(mebibyte, used),
      memoryBytes: times(mebibyte, total),
      celsius: celsius ?? null,
      watts: watts ?? null,
    },
  ];
}

function times(factor: number, value: number | null | undefined): number | null {
  return value === null || value === undefined ? null : value * factor;
}
