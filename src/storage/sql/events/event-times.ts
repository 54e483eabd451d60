import { sql, type Kysely } from 'kysely';
import { clockOf, clockTolerance, type RegistryEvent } from '../../../core/events/event.ts';
import type { EventTime } from '../../events.ts';
import { dialectOf } from '../dialect.ts';
import { selectEvents } from './event-log.ts';
import type { Tables } from '../tables.ts';

type Db = Kysely<Tables>;

/**
 * A correction of the clock. Lists of them are newest first; below, `at` grows from each to the
 * next.
 */
type Correction = Pick<RegistryEvent, 'seq' | 'at'>;

const most = 10_000;
const whole = Number.MAX_SAFE_INTEGER;

export async function selectCorrections(db: Db): Promise<Correction[]> {
  return selectEvents(db, { model: null, actions: ['fix-clock'], limit: most });
}

/**
 * When an event happened, as far as the writers' clocks can be trusted. A clock was wrong if it was
 * ahead of `now` or of a later correction, or behind an earlier event whose own clock was right. An
 * event with a wrong clock before a correction happened before that correction.
 */
export async function timeOfEvent(
  db: Db,
  event: Pick<RegistryEvent, 'seq' | 'at' | 'clock'>,
  now: number,
  corrections: readonly Correction[],
): Promise<EventTime> {
  const later = corrections.filter(({ seq }) => seq > event.seq).map(({ at }) => at);
  const limit = Math.min(now, ...later);
  const wrong = { at: later.length === 0 ? now : Math.min(now, Math.max(...later)), trusted: false };
  const clock = clockOf(event);
  if (clock > limit + clockTolerance) return wrong;
  // The time in the chain is that of the latest clock so far.
  const before =
    event.at <= limit + clockTolerance
      ? event.at
      : await latestClock(db, {
          from: corrections.find(({ seq }) => seq <= event.seq)?.seq ?? 0,
          until: event.seq,
          limit,
        });
  if (clock < before - clockTolerance) return wrong;
  return { at: Math.min(Math.max(clock, before), limit), trusted: true };
}

/** The latest clock of the events in between that is not after `limit`. */
async function latestClock(
  db: Db,
  { from, until, limit }: { from: number; until: number; limit: number },
): Promise<number> {
  const between = db.selectFrom('events').where('seq', '>=', from).where('seq', '<', until);
  const undisturbed = await between
    .where('at', '<=', limit)
    .select('at')
    .orderBy('at', 'desc')
    .limit(1)
    .executeTakeFirst();
  const ahead = await between
    .where('at', '>', limit)
    .where(ownClock(db), '<=', limit)
    .select(sql<number | null>`max(${ownClock(db)})`.as('clock'))
    .executeTakeFirst();
  return Math.max(undisturbed?.at ?? 0, ahead?.clock ?? 0);
}

/** The clock that the body records; null if the body is damaged or records none. */
export function ownClock(db: Db) {
  return dialectOf(db).jsonInteger(sql.ref('events.body'), 'clock');
}

/**
 * The last event before the first one that happened after `at`, trusting no clock that is after
 * `now`. Events that were recorded while a clock was ahead count up to the next event that a
 * trusted clock dates after `at`; without one, all of them count.
 */
export async function lastSeqBy(db: Db, { at, now = whole }: { at: number; now?: number }): Promise<number> {
  const corrections = (await selectCorrections(db)).toReversed();
  const starts = [0, ...corrections.map(({ seq }) => seq)];
  for (const [index, from] of starts.entries()) {
    const limit = Math.min(now, ...corrections.slice(index).map((correction) => correction.at));
    if (at >= limit) continue;
    const between = db
      .selectFrom('events')
      .where('seq', '>=', from)
      .where('seq', '<', starts[index + 1] ?? whole)
      .where('at', '>', at);
    const first = await between
      .select(['seq', 'at'])
      .orderBy('at')
      .orderBy('seq')
      .limit(1)
      .executeTakeFirst();
    if (first === undefined) continue;
    if (first.at <= limit) return first.seq - 1;
    const settled = await between
      .where('seq', '>', first.seq)
      .where(ownClock(db), '>', at)
      .where(ownClock(db), '<=', limit)
      .select('seq')
      .orderBy('seq')
      .limit(1)
      .executeTakeFirst();
    if (settled !== undefined) return settled.seq - 1;
  }
  return whole;
}
