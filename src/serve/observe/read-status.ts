import type { ServerStatus } from './status.ts';

/** What a field holds; a mark of interrogation: or null. */
type Kind = 'text' | 'text?' | 'number' | 'number?' | 'boolean' | 'time' | 'time?';
type Shape = Kind | { list: Shape } | { nullable: Shape } | { [field: string]: Shape };

const usage = { cpuSeconds: 'number?', residentBytes: 'number?', openFiles: 'number?' } as const;

const shape: { [Field in keyof ServerStatus]: Shape } = {
  mlreg: 'text',
  node: 'text',
  onnxruntime: 'text?',
  startedAt: 'time',
  uptimeSeconds: 'number',
  ready: 'boolean',
  models: {
    list: {
      ref: 'text',
      name: 'text',
      version: 'text',
      stages: { list: 'text' },
      up: 'boolean',
      pending: 'number',
      restarts: 'number',
      requests: 'number',
      failed: 'number',
      timeouts: 'number',
      lastRequestAt: 'time?',
      lately: {
        seconds: 'number',
        perSecond: 'number',
        failed: 'number',
        p50Ms: 'number?',
        p95Ms: 'number?',
        p99Ms: 'number?',
      },
      process: { nullable: usage },
    },
  },
  process: { ...usage, heapBytes: 'number', maxFiles: 'number?', loopLagMs: 'number' },
  system: {
    cpus: 'number',
    memoryBytes: 'number',
    availableBytes: 'number',
    memoryLimitBytes: 'number?',
    disks: { list: { path: 'text', sizeBytes: 'number', availableBytes: 'number' } },
  },
  gpus: {
    nullable: {
      list: {
        index: 'text',
        name: 'text',
        utilization: 'number?',
        memoryUsedBytes: 'number?',
        memoryBytes: 'number?',
        celsius: 'number?',
        watts: 'number?',
      },
    },
  },
  gpuNote: 'text?',
  log: { nullable: { linesLost: 'number', trouble: 'text?' } },
};

/**
 * The state that a server told, with the fields that are known here: a newer server may have more.
 * Throws an error that says which field is missing or wrong. By hand, because a command does without
 * zod.
 */
export function readStatus(said: unknown): ServerStatus {
  return take(said, shape, 'it') as ServerStatus;
}

function take(value: unknown, as: Shape, place: string): unknown {
  if (typeof as === 'string') {
    if (isKind(value, as)) return value;
    throw new Error(`${place} is not a ${as.replace('?', '')}`);
  }
  if ('nullable' in as) return value === null ? null : take(value, as['nullable'], place);
  if ('list' in as) {
    if (!Array.isArray(value)) throw new Error(`${place} is not a list`);
    return value.map((item, index) => take(item, as['list'], `${place}[${index}]`));
  }
  if (typeof value !== 'object' || value === null) throw new Error(`${place} is not an object`);
  return Object.fromEntries(
    Object.entries(as).map(([field, of]) => [
      field,
      take((value as Record<string, unknown>)[field], of, place === 'it' ? field : `${place}.${field}`),
    ]),
  );
}

function isKind(value: unknown, kind: Kind): boolean {
  if (value === null) return kind.endsWith('?');
  const what = kind.replace('?', '');
  if (what === 'number') return Number.isFinite(value);
  if (what === 'boolean') return typeof value === 'boolean';
  return typeof value === 'string' && (what === 'text' || !Number.isNaN(Date.parse(value)));
}
