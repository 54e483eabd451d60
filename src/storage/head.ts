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
  /** What the file says; absent: it says nothing. */
  noted?: Head;
  /** The database lacks the event that was noted, and nobody has accepted that: it is older, or another one. */
  lost: boolean;
}

/** What is wrong with a database that lacks the event which was noted. */
export function lostHistory({ last, noted }: Omit<HeadState, 'lost'>): string {
  const end = last?.seq ?? 0;
  const seq = noted?.seq ?? 0;
  return end < seq
    ? `mlreg.db is older than the last one written: it ends at event ${end}, but event ${seq} was recorded`
    : `mlreg.db is another database: its event ${seq} is not the one recorded before`;
}

/** What to do about it. */
export const lostHistoryHint =
  'restore the newest mlreg.db with its mlreg.db-wal, or accept this history: mlreg doctor --accept-history -m WHY';

/** INTEGRITY: what a change would do to a registry whose database is not the one that was written last. */
export function refuseLost(home: string, state: HeadState): void {
  if (!state.lost) return;
  throw new MlregError('INTEGRITY', `nothing was changed in ${quote(home)}, because ${lostHistory(state)}`, {
    hint: lostHistoryHint,
    details: { noted: state.noted?.seq ?? null, last: state.last?.seq ?? null },
  });
}
