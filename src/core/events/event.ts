import { canonicalJson } from '../json/canonical.ts';

/** Those that name a version, which others may import with it. */
export const versionActions = [
  'register',
  'import',
  'promote',
  'rollback',
  'demote',
  'yank',
  'unyank',
  'bench',
  /** A measurement of another kind than bench, which its details name. */
  'measure',
  'tag',
  'describe',
  'approve',
  /** A promotion that its gates refused. */
  'blocked',
  /** A program of the policy failed after a promotion. */
  'hook',
] as const;

export const eventActions = [
  ...versionActions,
  'init',
  /** Nobody exports what was deleted. */
  'delete',
  'stage-add',
  'stage-remove',
  'collect',
  'policy',
  /** An older database was put back, and is the one to go on with. */
  'accept-history',
  /** The clock is right again: from here on, times in the chain follow it. */
  'fix-clock',
] as const;

/** Those that can change what gates find of a version, beside moves of stages. */
export const judgedActions = [
  'register',
  'import',
  'yank',
  'unyank',
  'tag',
  'describe',
  'approve',
  'bench',
  'measure',
  'delete',
] as const satisfies readonly (typeof eventActions)[number][];

export type EventAction = (typeof eventActions)[number];

/** What happened, before it is chained. Times are epoch milliseconds. */
export interface EventBody {
  id: string;
  /** Never before the event before, unless that was corrected: see `timeInChain`. */
  at: number;
  /** What the clock of the writer said; absent in events of schema 2 and before. */
  clock?: number;
  actor: string;
  action: EventAction;
  model: string | null;
  version: string | null;
  stage: string | null;
  /** The version a stage pointed at before and after, for moves. */
  from: string | null;
  to: string | null;
  message: string | null;
  /** What else the action fixes: digests, generation, the entry below in the stack … */
  details: Record<string, unknown>;
}

/** One link of the registry's hash chain. */
export interface RegistryEvent extends EventBody {
  /** 1, 2, 3 … without gaps. */
  seq: number;
  /** SHA-256, in hex, of the canonical JSON of all else here. */
  hash: string;
  /** The hash of the event before; 64 zeros for the first. */
  prevHash: string;
}

/**
 * The time of an event that follows `last`: that of the clock, or that of the event before where
 * the clock is behind it, so that "who held production then" has one answer. A correction of the
 * clock begins anew.
 */
export function timeInChain(
  last: Pick<EventBody, 'at'> | undefined,
  { action, clock }: Pick<EventBody, 'action'> & { clock: number },
): number {
  return action === 'fix-clock' ? clock : Math.max(clock, last?.at ?? 0);
}

export const firstPrevHash = '0'.repeat(64);

/**
 * The text that `hash` is the SHA-256 of: RFC 8785 JSON of all of the event but its hash, so that
 * nothing can be added.
 */
export function hashedText(event: Omit<RegistryEvent, 'hash'>): string {
  const { hash: _hash, ...hashed } = event as RegistryEvent;
  return canonicalJson(hashed);
}
