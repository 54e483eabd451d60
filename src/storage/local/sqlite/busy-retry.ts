import { setTimeout as sleep } from 'node:timers/promises';
import { formatDuration } from '../../../core/text/units.ts';
import { MlregError } from '../../../core/errors.ts';

export interface WaitOptions {
  /** How long to wait for other writers, in milliseconds. */
  waitMs: number;
  /** Ends the wait at once; the reason of the abort is thrown. */
  signal?: AbortSignal | undefined;
}

/**
 * Repeats `attempt` while SQLite reports busy. Each attempt blocks for at most 50 ms (SQLite's own
 * busy timeout), and the pause between two attempts is asynchronous and jittered: one long busy
 * timeout would block SIGINT.
 */
export async function retryWhileBusy<T>(attempt: () => T, { waitMs, signal }: WaitOptions): Promise<T> {
  let deadline: number | undefined;
  for (;;) {
    signal?.throwIfAborted();
    try {
      return attempt();
    } catch (error) {
      if (!isBusy(error)) throw error;
      deadline ??= performance.now() + waitMs;
      const left = deadline - performance.now();
      if (left <= 0) throw busy(waitMs, error);
      await sleep(Math.min(left, 2 + Math.random() * 20), undefined, { signal }).catch(() => undefined);
    }
  }
}

export function isBusy(error: unknown): boolean {
  return sqliteCode(error)?.startsWith('SQLITE_BUSY') ?? false;
}

/** `SQLITE_…` if the error comes from SQLite. */
export function sqliteCode(error: unknown): string | undefined {
  const code = error instanceof Error ? (error as { code?: unknown }).code : undefined;
  return typeof code === 'string' && code.startsWith('SQLITE_') ? code : undefined;
}

function busy(waitMs: number, cause: unknown): MlregError {
  return new MlregError(
    'BUSY',
    `the registry is locked: another process held the write lock for longer than ${formatDuration(waitMs)}`,
    {
      hint: 'nothing was changed; try again, or wait longer with --wait 60s',
      cause,
    },
  );
}
