import { MlregError } from '../core/errors.ts';
import { quote } from '../core/text/quote.ts';

/** An event as the end of the chain. */
export interface Head {
  seq: number;
  hash: string;
}

/** The end of the chain, and the note of it outside of the database. */
export interface HeadState {
  /** The last event; absent if there is none. */
  last?: Head;
  /** The note; absent if none was written, or the store keeps none. */
  noted?: Head;
  /** Set if the database lacks the noted event and nobody has accepted that; else null. */
  lost: LostHistory | null;
}

/**
 * Keeps a note outside of a database of where its chain ends, so that an older database in its
 * place is detected.
 */
export interface HeadKeeper {
  state(): Promise<HeadState>;
  /**
   * Only within a change, whose transaction keeps other writers out: by then the noted event is
   * either in the chain or lost.
   */
  lockedState(): HeadState;
}

/** An older database, or another one, in place of the one that was written last. */
export interface LostHistory {
  /** What is wrong with it, in the words of its store. */
  problem: string;
  /** What to do about it; ends with the command that accepts the history. */
  advice: string;
}

/** The command that accepts a history that lacks events, without the program name. */
export const acceptCommand = 'doctor --accept-history -m WHY';

export function lostHint({ advice }: LostHistory): string {
  return `${advice}: mlreg ${acceptCommand}`;
}

/**
 * The INTEGRITY error of every change to a registry whose database is not the one that was written
 * last. `place` is the registry's path.
 */
export function refuseLost(place: string, { lost, noted, last }: HeadState): void {
  if (lost === null) return;
  throw new MlregError('INTEGRITY', `nothing was changed in ${quote(place)}, because ${lost.problem}`, {
    hint: lostHint(lost),
    details: { noted: noted?.seq ?? null, last: last?.seq ?? null },
  });
}
