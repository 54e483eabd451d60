import { memoryMarker } from './child/watchdog.ts';
import type { JobLimits } from './limits.ts';
import type { ChildEnd } from './start-child.ts';

/** How a child ended before it answered. */
export interface Death {
  /**
   * Who ended it. `limit`: mlreg, at a limit; `system`: the kernel or another process, by SIGKILL;
   * `itself`: a crash or an exit.
   */
  by: 'limit' | 'system' | 'itself';
  /**
   * `memory`: resident bytes; `time`: the wall clock; `silence`: time without progress. Null: no
   * limit was reached.
   */
  limit: Limit | null;
  /** Null if it exited. */
  signal: NodeJS.Signals | null;
  /** Null if a signal ended it. */
  exitCode: number | null;
  /** Resident bytes at the last check; null: unknown. */
  rssBytes: number | null;
}

export type Limit = 'memory' | 'time' | 'silence';

/** A death as a status of the job, and as text. */
export interface Described {
  status: 'crash' | 'timeout' | 'oom';
  message: string;
}

/** The death of a child that mlreg killed at a limit. */
export function killedAt(limit: Limit, rssBytes: number | null): Death {
  return { by: 'limit', limit, signal: 'SIGKILL', exitCode: null, rssBytes };
}

/** The death of a child that this process did not kill. `stderr`: the end of the child's stderr. */
export function deathOf(
  { exitCode, signal }: Extract<ChildEnd, { started: true }>,
  stderr: string,
  rssBytes: number | null,
): Death {
  const known = { signal, exitCode, rssBytes };
  // If the parent cannot watch the child's memory, a thread of the child does.
  if (stderr.includes(memoryMarker)) return { ...known, by: 'limit', limit: 'memory' };
  return { ...known, by: signal === 'SIGKILL' ? 'system' : 'itself', limit: null };
}

export function describeDeath(death: Death, stderr: string, limits: JobLimits): Described {
  const { by, limit, signal, exitCode, rssBytes } = death;
  if (limit === 'memory')
    return { status: 'oom', message: `used more than ${megabytes(limits.memoryLimitBytes)} of memory` };
  if (limit !== null) {
    const what = limit === 'silence' ? 'no progress' : 'not finished';
    const ms = limits.namedTimeoutMs ?? limits.timeoutMs;
    return { status: 'timeout', message: `${what} within ${seconds(ms)}` };
  }
  if (/JavaScript heap out of memory/.test(stderr))
    return { status: 'oom', message: 'ran out of JavaScript heap' };
  if (by === 'system') {
    const taken = rssBytes === null ? '' : ` (it used ${megabytes(rssBytes)})`;
    return { status: 'oom', message: `was killed by the system, probably out of memory${taken}` };
  }
  const how = signal === null ? `exited with code ${exitCode} without a result` : `crashed with ${signal}`;
  return { status: 'crash', message: how };
}

function megabytes(bytes: number): string {
  return `${Math.round(bytes / 1e6).toLocaleString('en')} MB`;
}

function seconds(ms: number): string {
  return `${Number((ms / 1000).toPrecision(3))} s`;
}
