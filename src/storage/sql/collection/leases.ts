import { setTimeout as sleep } from 'node:timers/promises';
import { formatDuration } from '../../../core/text/units.ts';
import { MlregError } from '../../../core/errors.ts';
import type { Lease } from '../../collection.ts';
import { isUnderWay } from './collections.ts';

/** Waiting for a lease, built on single attempts to take it: see `CollectionStore`. */
export interface Leases {
  take(): Promise<Lease>;
  /**
   * The result of `read` when no collection is running; `end` ends the collection of a collector
   * that died.
   */
  settled(read: () => Promise<number>, end: () => Promise<void>): Promise<number>;
}

export interface LeaseOptions {
  /** One attempt; undefined if another process has the lease. */
  attempt: () => Lease | undefined;
  waitMs: number;
  signal?: AbortSignal | undefined;
}

export function openLeases({ attempt, waitMs, signal }: LeaseOptions): Leases {
  const poll = async <T>(look: () => Promise<T | undefined>): Promise<T> => {
    const deadline = performance.now() + waitMs;
    for (;;) {
      signal?.throwIfAborted();
      const found = await look();
      if (found !== undefined) return found;
      const left = deadline - performance.now();
      if (left <= 0) throw busy(waitMs);
      await sleep(Math.min(left, 2 + Math.random() * 20), undefined, { signal }).catch(() => undefined);
    }
  };
  return {
    take: () => poll(async () => attempt()),
    settled: (read, end) =>
      poll(async () => {
        const collections = await read();
        if (!isUnderWay(collections)) return collections;
        // While we hold the lease, no other process collects.
        const lease = attempt();
        if (lease === undefined) return undefined;
        try {
          await end();
        } finally {
          await lease.release();
        }
        return undefined;
      }),
  };
}

function busy(waitMs: number): MlregError {
  return new MlregError(
    'BUSY',
    `another gc, backup or repair has been running for longer than ${formatDuration(waitMs)}`,
    { hint: 'nothing was changed; try again later, or wait longer with --wait 10m' },
  );
}
