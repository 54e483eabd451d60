import type { Kysely } from 'kysely';
import type { RegistryEvent } from '../../../core/events/event.ts';
import type { Authorship } from '../../events.ts';
import type { Head } from '../../head.ts';
import type { Tables } from '../tables.ts';
import { appendEvent, authored, lastEvent } from './event-log.ts';

type Db = Kysely<Tables>;

/** About the whole registry: no model, no version, no move. */
const ofAll = { model: null, version: null, stage: null, from: null, to: null } as const;

/**
 * Records that the missing events up to `lost`, which was noted beside the database, are given up.
 */
export async function acceptHistory(db: Db, input: Authorship, lost: Head): Promise<RegistryEvent> {
  const details = { lost: { seq: lost.seq, hash: lost.hash } };
  return appendEvent(db, { ...authored(input), action: 'accept-history', ...ofAll, details });
}

/** Records that the clock is right from now on. */
export async function fixClock(
  db: Db,
  { wrong, ...author }: Authorship & { wrong: number },
): Promise<RegistryEvent> {
  const { seq = 0, at = 0 } = (await lastEvent(db)) ?? {};
  const details = { wrong, last: { seq, at } };
  return appendEvent(db, { ...authored(author), action: 'fix-clock', ...ofAll, details });
}
