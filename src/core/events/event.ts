import { canonicalJson } from '../json/canonical.ts';
import type { GateResult } from './gate-result.ts';

/** Actions on one version; their events are exported and imported with it. */
export const versionActions = [
  'register',
  'import',
  /** Events of another registry that are new since a version was imported from there. */
  'import-events',
  'promote',
  'rollback',
  'demote',
  'yank',
  'unyank',
  'bench',
  /** A measurement of a kind other than bench; its details name the kind. */
  'measure',
  'tag',
  'describe',
  /** A golden set was added. */
  'golden',
  'approve',
  /** A promotion that its gates refused. */
  'blocked',
  /** A program of the policy failed after a promotion. */
  'hook',
] as const;

export const eventActions = [
  ...versionActions,
  /** A version predicted a table; not exported, because it says nothing about a copy elsewhere. */
  'predict',
  /** A server could not serve a version that its stage points at; not exported, likewise. */
  'serve',
  'init',
  /** Deleted versions are not exported, nor is this event. */
  'delete',
  /** The description and the owner of a model, both as they are from then on. */
  'model-describe',
  /** A model was deleted; each of its versions has a `delete` event before this one. */
  'model-delete',
  'stage-add',
  'stage-remove',
  'collect',
  'policy',
  /** An older database was restored and accepted as the one to continue with. */
  'accept-history',
  /** The clock is right again: from here on, times in the chain follow it. */
  'fix-clock',
] as const;

/** Actions, besides stage moves, that can change what gates find about a version. */
export const judgedActions = [
  'register',
  'import',
  'import-events',
  'yank',
  'unyank',
  'tag',
  'describe',
  'golden',
  'approve',
  'bench',
  'measure',
  'delete',
] as const satisfies readonly (typeof eventActions)[number][];

export type EventAction = (typeof eventActions)[number];

/** What happened, before it is chained. Times are epoch milliseconds. */
export interface EventBody {
  id: string;
  /** Never before the event before it, unless that one was corrected: see `timeInChain`. */
  at: number;
  /** The writer's clock; absent in events of schema 2 and earlier. */
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
  /** What else the action records: digests, generation, the entry below in the stack … */
  details: Record<string, unknown>;
}

/** One link of the registry's hash chain. */
export interface RegistryEvent extends EventBody {
  /** 1, 2, 3 … without gaps. */
  seq: number;
  /** SHA-256, in hex, of the canonical JSON of all other members. */
  hash: string;
  /** The hash of the event before; 64 zeros for the first. */
  prevHash: string;
}

/**
 * The time of an event that follows `last`: the clock's, or that of `last` if the clock is behind
 * it. So "who held production then" has one answer. After a correction of the clock, the clock
 * counts again.
 */
export function timeInChain(
  last: Pick<EventBody, 'at'> | undefined,
  { action, clock }: Pick<EventBody, 'action'> & { clock: number },
): number {
  return action === 'fix-clock' ? clock : Math.max(clock, last?.at ?? 0);
}

export const firstPrevHash = '0'.repeat(64);

/**
 * The text whose SHA-256 is `hash`: RFC 8785 JSON of the whole event except its hash, so that no
 * member can be added.
 */
export function hashedText(event: Omit<RegistryEvent, 'hash'>): string {
  const { hash: _hash, ...hashed } = event as RegistryEvent;
  return canonicalJson(hashed);
}

/**
 * How far ahead the clocks of computers that share a registry may be of each other, in
 * milliseconds.
 */
export const clockTolerance = 60_000;

/**
 * The writer's clock. Events of an early format do not record it: for them, the time in the chain.
 */
export function clockOf({ at, clock }: Pick<EventBody, 'at' | 'clock'>): number {
  return clock ?? at;
}

/**
 * The warning for a user who writes while the clock is behind the chain by more than the tolerance;
 * undefined if it is not.
 */
export function slowClock(now: number, chain: number): string | undefined {
  if (now >= chain - clockTolerance) return undefined;
  const [here, there] = [now, chain].map((time) => new Date(time).toISOString());
  return `the clock says ${here}, but the last event is from ${there}: set the clock; if it is right, run mlreg doctor --fix-clock -m "why"`;
}

/**
 * A recorded time whose clock cannot be checked. A time in the future was wrong, and counts as now.
 */
export function notLater(time: number, now: number): number {
  return time > now + clockTolerance ? now : time;
}

/** Epoch milliseconds within the range of Date. */
export function isTime(value: unknown): value is number {
  return Number.isSafeInteger(value) && Math.abs(value as number) <= 8.64e15;
}

const fields = ['gate', 'verdict', 'observed', 'threshold', 'reason'] as const;

/**
 * What the event of a promotion, made or refused, records about its gates. Empty for other events,
 * and for damaged details.
 */
export function gatesOf({ details }: Pick<RegistryEvent, 'details'>): GateResult[] {
  const { gates } = details;
  return Array.isArray(gates) ? gates.filter(isGateResult) : [];
}

function isGateResult(value: unknown): value is GateResult {
  if (typeof value !== 'object' || value === null) return false;
  return fields.every((field) => typeof (value as Record<string, unknown>)[field] === 'string');
}
