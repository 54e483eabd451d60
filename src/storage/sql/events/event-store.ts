import type { EventQuery, EventStore } from '../../events.ts';
import type { HeadState } from '../../head.ts';
import { versionEvents } from '../fixed-queries.ts';
import { lastEvent, newestFirst, selectEvents, selectEventsAscending, toEvent } from './event-log.ts';
import { selectCorrections, timeOfEvent } from './event-times.ts';
import { acceptHistory, fixClock } from './repairs.ts';
import type { Session } from '../session.ts';

export function sqlEventStore({ db, rows, head, read, write }: Session): EventStore {
  return {
    events: async (query) => {
      const ofVersion = asVersionEvents(query);
      return ofVersion === undefined
        ? read((trx) => selectEvents(trx, query))
        : newestFirst((await rows(versionEvents, ofVersion)).map(toEvent), query);
    },
    eventsAscending: ({ after, limit }) => selectEventsAscending(db(), after, limit),
    timeOf: ({ event, now }) =>
      read(async (trx) => timeOfEvent(trx, event, now, await selectCorrections(trx))),
    fixClock: (input) => write(input, fixClock),

    head: async () => (await head?.state()) ?? headOf(await lastEvent(db())),
    acceptHistory: (input) =>
      // No `write`: that refuses a lost history, which is what this is for.
      db()
        .transaction()
        .execute(async (trx) => {
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

/** The parameters of `versionEvents`, if it answers the query. */
function asVersionEvents({ model, version, stage, actions = [], before, limit }: EventQuery) {
  const [first, second = first, ...others] = actions;
  const isOfVersion = typeof model === 'string' && typeof version === 'string' && stage === undefined;
  if (!isOfVersion || before !== undefined || others.length > 0) return undefined;
  if (first === undefined || second === undefined) return undefined;
  return { model, version, first, second, limit };
}
