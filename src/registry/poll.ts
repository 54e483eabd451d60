import { setTimeout as sleep } from 'node:timers/promises';
import { type ErrorCode, isMlregError } from '../core/errors.ts';
import type { Registry } from './registry.ts';

export interface PollOptions {
  /** Milliseconds between two polls. */
  intervalMs: number;
  /** Poll once. */
  once?: boolean | undefined;
  /** If another registry appears at the same location, follow that one. */
  reopen?: boolean | undefined;
  /** Ends it; besides the registry's own signal. */
  signal?: AbortSignal | undefined;
}

/** What a poll found, or the reason why it failed, after which polling goes on. */
export type Polled<Found> = { found: Found } | { trouble: string };

/** Temporary errors: other processes block the registry, or are replacing it with another copy. */
const passing = new Set<ErrorCode>(['BUSY', 'STORAGE', 'NOT_FOUND', 'INTEGRITY']);

/** Whether the same may succeed later, with nobody changing what was asked for. */
export function mayPass(error: unknown): boolean {
  return isMlregError(error) && passing.has(error.code);
}

/**
 * Calls `look` again and again, and gives what it finds. `isAnother`: the registry was opened again,
 * so nothing that was seen before counts. If the registry cannot be read for a while, that is
 * reported once, and again when it can be read. It ends only on an abort, which it rejects with, or
 * with `once`, when it rejects with any error of the poll.
 */
export async function* pollRegistry<Found>(
  registry: Registry,
  { intervalMs, once, reopen, signal = registry.signal }: PollOptions,
  look: (current: Registry, isAnother: boolean) => Promise<Found[]>,
): AsyncGenerator<Polled<Found>, void, undefined> {
  // The stamp of `registry` when it was opened is unknown, so the first poll opens it again.
  let stamp: string | undefined;
  let current = registry;
  let trouble: string | undefined;
  let isAnother = true;
  try {
    for (;;) {
      let found: Polled<Found>[] = [];
      try {
        const there = reopen === true ? registry.stamp() : undefined;
        if (there !== stamp) {
          const opened = await registry.again();
          if (current !== registry) await current.close();
          [current, isAnother] = [opened, true];
          stamp = there;
        }
        found = (await look(current, isAnother)).map((one) => ({ found: one }));
        isAnother = false;
        if (trouble !== undefined) found.unshift({ trouble: 'the registry is readable again' });
        trouble = undefined;
      } catch (error) {
        signal?.throwIfAborted();
        if (once === true || !isMlregError(error) || !mayPass(error)) throw error;
        if (trouble !== error.message) found = [{ trouble: error.message }];
        trouble = error.message;
      }
      yield* found;
      if (once === true) return;
      await sleep(intervalMs, undefined, { signal }).catch(() => signal?.throwIfAborted());
    }
  } finally {
    if (current !== registry) await current.close();
  }
}
