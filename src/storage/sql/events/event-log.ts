import type { Kysely } from 'kysely';
import { canonicalJson } from '../../../core/json/canonical.ts';
import { type EventBody, type RegistryEvent, isTime } from '../../../core/events/event.ts';
import { chainEvent } from '../../hash-chain.ts';
import type { Authorship, EventQuery } from '../../events.ts';
import { inOrder } from '../page.ts';
import { parseStored } from '../stored-json.ts';
import type { EventTable, Tables } from '../tables.ts';

type Db = Kysely<Tables>;

export async function lastEvent(db: Db): Promise<RegistryEvent | undefined> {
  const row = await db.selectFrom('events').selectAll().orderBy('seq', 'desc').limit(1).executeTakeFirst();
  return row && toEvent(row);
}

/**
 * Chains and stores an event. Call it only inside the transaction that makes the recorded change.
 */
export async function appendEvent(db: Db, body: Omit<EventBody, 'id' | 'clock'>): Promise<RegistryEvent> {
  const event = chainEvent(await lastEvent(db), body);
  const { hash, ...hashed } = event;
  const { seq, at, action, model, version, stage } = event;
  await db
    .insertInto('events')
    .values({ seq, at, action, model, version, stage, body: canonicalJson(hashed), hash })
    .execute();
  return event;
}

export async function selectEvents(db: Db, query: EventQuery): Promise<RegistryEvent[]> {
  const { model, stage, actions, before, limit } = query;
  // Only SQLite accepts an empty list.
  if (actions?.length === 0) return [];
  const isOfAll = model === undefined && stage === undefined && (actions?.length ?? 0) > 1;
  // An index returns the events of one action in order. For several actions, the database would
  // sort all of their events.
  const queries = isOfAll
    ? [...new Set(actions)].map((action) => ({ ...query, actions: [action] }))
    : [query];
  const rows = [];
  for (const one of queries) rows.push(...(await eventQuery(db, one).execute()));
  if (isOfAll) rows.sort((a, b) => b.seq - a.seq);
  return newestFirst(rows.slice(0, limit).map(toEvent), { before });
}

export function newestFirst(
  events: RegistryEvent[],
  { before }: Pick<EventQuery, 'before'>,
): RegistryEvent[] {
  return inOrder(events, seqOf, { from: before, way: 'down' });
}

/** The events of one query, in an order that an index has. */
export function eventQuery(db: Db, { model, version, stage, actions, before, limit }: EventQuery) {
  let query = db.selectFrom('events').selectAll().orderBy('seq', 'desc').limit(limit);
  if (model === null) query = query.where('model', 'is', null);
  else if (model !== undefined) query = query.where('model', '=', model);
  if (version === null) query = query.where('version', 'is', null);
  else if (version !== undefined) query = query.where('version', '=', version);
  if (actions !== undefined) query = query.where('action', 'in', actions);
  if (stage !== undefined) query = query.where('stage', '=', stage);
  if (before !== undefined) query = query.where('seq', '<', before);
  return query;
}

export async function selectEventsAscending(db: Db, after: number, limit: number): Promise<RegistryEvent[]> {
  const rows = await db
    .selectFrom('events')
    .selectAll()
    .where('seq', '>', after)
    .orderBy('seq')
    .limit(limit)
    .execute();
  return inOrder(rows.map(toEvent), seqOf, { from: after, way: 'up' });
}

const seqOf = ({ seq }: RegistryEvent): number => seq;

/**
 * The columns beside the body only serve as indexes, but a column that disagrees would mislead. So
 * the column wins, and the hash check fails.
 */
export function toEvent(row: EventTable): RegistryEvent {
  const { body, ...columns } = row;
  const parsed = parseStored(body, `event ${row.seq}`);
  const event = isObject(parsed) ? parsed : {};
  // Callers may rely on details being an object; if the stored value is not one, the hash check
  // fails.
  const details = isObject(event['details']) ? event['details'] : {};
  const { clock, ...rest } = event;
  // The same for a clock that is not a time.
  const said = isTime(clock) ? { clock } : {};
  return { ...rest, ...said, details, ...columns } as unknown as RegistryEvent;
}

/** Who acted, when and why, in the form that an event stores. */
export function authored({ actor, at, message }: Authorship): {
  actor: string;
  at: number;
  message: string | null;
} {
  return { actor, at, message: message ?? null };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
