import { setTimeout as sleep } from 'node:timers/promises';
import type { VersionRecord } from '../../core/versions/version-record.ts';
import { mayPass } from '../../registry/poll.ts';
import type { ServedVersion, Slot } from '../served.ts';
import type { SlotNews } from './slot-news.ts';
import type { Lease, VersionPool } from './version-pool.ts';

const firstRetryMs = 1000;
const longestRetryMs = 60_000;

export interface FollowedOptions {
  pool: VersionPool;
  /** How long the version before stays loaded, so that going back to it is immediate. */
  keepWarmMs: number;
  report: (news: SlotNews) => void;
}

/** A slot whose version changes. */
export interface FollowedSlot {
  slot: Slot;
  /** Loads the first version. Rejects as `loadVersion`. */
  open(record: VersionRecord): Promise<ServedVersion>;
  /**
   * Serves a version as soon as it is loaded and warm, and until then what was served; undefined:
   * nothing. What was aimed at before and is not loaded yet is given up. A version that cannot be
   * served is reported, and tried again only if the reason may pass.
   */
  aim(version: VersionRecord | undefined): void;
  close(): Promise<void>;
}

interface Held {
  lease: Lease;
  version: ServedVersion;
}

export function followedSlot(slot: Slot, { pool, keepWarmMs, report }: FollowedOptions): FollowedSlot {
  let held: Held | undefined;
  let warm: (Held & { timer: NodeJS.Timeout }) | undefined;
  let attempt = new AbortController();
  /** Versions that still answer what they had. */
  const closing = new Set<Promise<void>>();

  function giveBack(lease: Lease): void {
    // What could not be closed must not end the server.
    const done = lease
      .release()
      .catch(() => undefined)
      .finally(() => closing.delete(done));
    closing.add(done);
  }
  function retire(before: Held | undefined): void {
    if (before === undefined) return;
    if (warm !== undefined) {
      clearTimeout(warm.timer);
      giveBack(warm.lease);
      warm = undefined;
    }
    if (keepWarmMs === 0) return giveBack(before.lease);
    const timer = setTimeout(() => {
      warm = undefined;
      giveBack(before.lease);
    }, keepWarmMs);
    timer.unref();
    warm = { ...before, timer };
  }
  function swap(next: Held | undefined, since: number): void {
    const before = held;
    held = next;
    slot.point(next?.version);
    retire(before);
    const about = { name: slot.name, stage: slot.stage, from: before?.version.version ?? null };
    const ms = performance.now() - since;
    if (next === undefined) report({ ...about, kind: 'emptied', to: null, ms });
    else report({ ...about, kind: 'swapped', to: next.version.version, ms });
  }
  /** Rejects as `loadVersion`. */
  async function reach(record: VersionRecord, signal: AbortSignal): Promise<void> {
    const since = performance.now();
    const is = (one: Held | undefined): one is Held =>
      one?.version.version === record.version && one.version.digest === record.artifact.digest;
    if (is(held)) return;
    if (is(warm)) {
      const { timer, ...back } = warm;
      clearTimeout(timer);
      warm = undefined;
      return swap(back, since);
    }
    const lease = pool.take(record);
    const giveUp = (): void => giveBack(lease);
    signal.addEventListener('abort', giveUp);
    try {
      const version = await lease.version;
      if (!signal.aborted) swap({ lease, version }, since);
    } catch (error) {
      giveBack(lease);
      if (!signal.aborted) throw error;
    } finally {
      signal.removeEventListener('abort', giveUp);
    }
  }
  async function keepTrying(record: VersionRecord, signal: AbortSignal): Promise<void> {
    let said: string | undefined;
    for (let pause = firstRetryMs; !signal.aborted; pause = Math.min(2 * pause, longestRetryMs)) {
      try {
        return await reach(record, signal);
      } catch (error) {
        if (signal.aborted) return;
        const again = mayPass(error);
        const message = error instanceof Error ? error.message : String(error);
        const from = held?.version.version ?? null;
        const { name, stage } = slot;
        if (message !== said)
          report({ kind: 'rejected', name, stage, from, to: record.version, message, again });
        said = message;
        if (!again) return;
        await sleep(pause, undefined, { signal }).catch(() => undefined);
      }
    }
  }

  return {
    slot,
    async open(record) {
      const lease = pool.take(record);
      try {
        held = { lease, version: await lease.version };
      } catch (error) {
        giveBack(lease);
        throw error;
      }
      slot.point(held.version);
      return held.version;
    },
    aim(version) {
      attempt.abort();
      attempt = new AbortController();
      if (version !== undefined) void keepTrying(version, attempt.signal);
      else if (held !== undefined) swap(undefined, performance.now());
    },
    async close() {
      attempt.abort();
      clearTimeout(warm?.timer);
      for (const one of [held, warm]) if (one !== undefined) giveBack(one.lease);
      [held, warm] = [undefined, undefined];
      await Promise.all(closing);
    },
  };
}
