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
  /** For a slot that is a part of a chain. */
  part?: ChainPart | undefined;
}

/** What a chain says about the versions of one of its parts. */
export interface ChainPart {
  /** Whether it may answer now, beside the other parts; if so, it does from now on. */
  takeNow: (candidate: ServedVersion) => boolean;
  /**
   * Calls `answer` as soon as a loaded version may answer, and then resolves, or at the signal.
   * `refuse` is told if that is not now, and why.
   */
  admit: (candidate: ServedVersion, signal: AbortSignal, then: Admission) => Promise<void>;
  /** Resolves when no request of the chain needs this version any more. */
  unused: (version: ServedVersion) => Promise<void>;
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

export interface Admission {
  answer: () => void;
  refuse: (why: string) => void;
}

interface Held {
  lease: Lease;
  version: ServedVersion;
}

export function followedSlot(slot: Slot, { pool, keepWarmMs, report, part }: FollowedOptions): FollowedSlot {
  let held: Held | undefined;
  let warm: (Held & { timer: NodeJS.Timeout }) | undefined;
  let attempt = new AbortController();
  /** Versions that still answer what they had. */
  const closing = new Set<Promise<void>>();

  /** `version`: what may have answered. */
  function giveBack(lease: Lease, version?: ServedVersion): void {
    const isFree = version === undefined ? undefined : part?.unused(version);
    // What could not be closed must not end the server.
    const done = Promise.resolve(isFree)
      .then(() => lease.release())
      .catch(() => undefined)
      .finally(() => closing.delete(done));
    closing.add(done);
  }
  function retire(before: Held | undefined): void {
    if (before === undefined) return;
    if (warm !== undefined) {
      clearTimeout(warm.timer);
      giveBack(warm.lease, warm.version);
      warm = undefined;
    }
    if (keepWarmMs === 0) return giveBack(before.lease, before.version);
    const timer = setTimeout(() => {
      warm = undefined;
      giveBack(before.lease, before.version);
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
    if (is(warm) && part?.takeNow(warm.version) !== false) {
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
      if (signal.aborted) return;
      const answer = (): void => {
        signal.removeEventListener('abort', giveUp);
        swap({ lease, version }, since);
      };
      if (part === undefined) answer();
      else await part.admit(version, signal, { answer, refuse: (why) => refused(record, why, true) });
    } catch (error) {
      giveBack(lease);
      if (!signal.aborted) throw error;
    } finally {
      signal.removeEventListener('abort', giveUp);
    }
  }
  function refused({ version }: VersionRecord, message: string, again: boolean): void {
    const from = held?.version.version ?? null;
    const { name, stage } = slot;
    report({ kind: 'rejected', name, stage, from, to: version, message, again });
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
        if (message !== said) refused(record, message, again);
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
      for (const one of [held, warm]) if (one !== undefined) giveBack(one.lease, one.version);
      [held, warm] = [undefined, undefined];
      await Promise.all(closing);
    },
  };
}
