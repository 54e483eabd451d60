import type { EventStore } from '../../events.ts';
import type { HeadState } from '../../head.ts';
import { lastEvent, selectEvents, selectEventsAscending } from './event-log.ts';
import { selectCorrections, timeOfEvent } from './event-times.ts';
import { acceptHistory, fixClock } from './repairs.ts';
import type { Session } from '../session.ts';

export function sqlEventStore({ db, head, read, write }: Session): EventStore {
  return {
    events: (query) => read((trx) => selectEvents(trx, query)),
    eventsAscending: ({ after, limit }) => selectEventsAscending(db, after, limit),
    timeOf: ({ event, now }) =>
      read(async (trx) => timeOfEvent(trx, event, now, await selectCorrections(trx))),
    fixClock: (input) => write(input, fixClock),

    head: async () => (await head?.state()) ?? headOf(await lastEvent(db)),
    acceptHistory: (input) =>
      // No `write`: that refuses a lost history, which is what this is for.
      db.transaction().execute(async (trx) => {
        const state = head?.lockedState();
        return state?.noted !== undefined && state.lost !== null
          ? { changed: true, event: await acceptHistory(trx, input, state.noted) }
          : { changed: false };
      }),
  };
}

/** The state of a store that keeps no note outside of the database. */
function headOf(last: { seq: number; hash: string } | undefined): HeadState {
  return { ...(last === undefined ? {} : { last: { seq: last.seq, hash: last.hash } }), lost: null };
}
