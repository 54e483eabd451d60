import { MlregError } from '../core/errors.ts';
import { quote } from '../core/text/quote.ts';

/** An event as the end of the chain. */
export interface Head {
  seq: number;
  hash: string;
}

/** The end of the chain, and what was noted of it outside of the database. */
export interface HeadState {
  /** The last event; absent: there is none. */
  last?: Head;
  /** What was noted; absent: nothing was, or the store keeps no note. */
  noted?: Head;
  /** The database lacks the event that was noted, and nobody has accepted that; null: it has it. */
  lost: LostHistory | null;
}

/**
 * Notes outside of a database where its chain ends, so that an older one in its place is noticed.
 */
export interface HeadKeeper {
  state(): Promise<HeadState>;
  /**
   * Only within a change, whose transaction keeps other writers out: what was noted is in the chain
   * by now, or lost.
   */
  lockedState(): HeadState;
}

/** An older database, or another one, in the place of the one that was written last. */
export interface LostHistory {
  /** What is wrong with it, in the words of its store. */
  problem: string;
  /** What to do about it; the command that accepts the history ends it. */
  advice: string;
}

/** The command that accepts a history which lacks events, without the program. */
export const acceptCommand = 'doctor --accept-history -m WHY';

export function lostHint({ advice }: LostHistory): string {
  return `${advice}: mlreg ${acceptCommand}`;
}

/**
 * INTEGRITY: what a change would do to a registry whose database is not the one that was written
 * last. `place` says where it is.
 */
export function refuseLost(place: string, { lost, noted, last }: HeadState): void {
  if (lost === null) return;
  throw new MlregError('INTEGRITY', `nothing was changed in ${quote(place)}, because ${lost.problem}`, {
    hint: lostHint(lost),
    details: { noted: noted?.seq ?? null, last: last?.seq ?? null },
  });
}
