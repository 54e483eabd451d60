import type { Kysely } from 'kysely';
import { canonicalJson } from '../../../core/json/canonical.ts';
import { selectEventsAscending, toEvent } from '../events/event-log.ts';
import type { Report } from './row-problem.ts';
import type { Tables } from '../tables.ts';

type Db = Kysely<Tables>;

/**
 * Compares the registry with its first event, and its stages and models with the events that made
 * them.
 */
export async function checkRegistry(db: Db, report: Report): Promise<void> {
  const [first] = await selectEventsAscending(db, 0, 1);
  const registry = await db.selectFrom('registry').selectAll().executeTakeFirst();
  if (first?.details['registry'] !== registry?.id || first?.at !== registry?.created_at)
    report('registry', 'its id or creation time does not match its first event');
  await checkDeclared(db, report);
  await checkModels(db, report);
}

type StageRow = Tables['stages'];

/** Replays the events that declared and removed stages, and compares the result with the rows. */
async function checkDeclared(db: Db, report: Report): Promise<void> {
  const replayed = new Map<string, StageRow>();
  for (const { action, at, stage, details } of await declarations(db)) {
    const { stages } = details;
    if (!Array.isArray(stages)) return report('stages', 'an event that changed them is damaged');
    const removed = action === 'stage-remove' ? replayed.get(String(stage)) : undefined;
    if (removed !== undefined) removed.removed_at = at;
    for (const [position, name] of stages.map(String).entries())
      replayed.set(name, {
        name,
        position,
        created_at: replayed.get(name)?.created_at ?? at,
        removed_at: null,
      });
  }
  for (const row of await db.selectFrom('stages').selectAll().execute()) {
    const expected = replayed.get(row.name);
    replayed.delete(row.name);
    if (expected === undefined || canonicalJson(row) !== canonicalJson(expected))
      report(`stage ${row.name}`, 'its position, creation time or state does not match its events');
  }
  for (const name of replayed.keys()) report(`stage ${name}`, 'it was declared, but its row is missing');
}

async function declarations(db: Db) {
  const events = await db
    .selectFrom('events')
    .where('action', 'in', ['init', 'stage-add', 'stage-remove'])
    .selectAll()
    .orderBy('seq')
    .execute();
  return events.map(toEvent);
}

/** A model was created with its first version. */
async function checkModels(db: Db, report: Report): Promise<void> {
  const models = await db
    .selectFrom('models')
    .select(['name', 'created_at'])
    .select((eb) =>
      eb
        .selectFrom('events')
        .select('at')
        .whereRef('events.model', '=', 'models.name')
        .where('action', 'in', ['register', 'import'])
        .orderBy('seq')
        .limit(1)
        .as('first_at'),
    )
    .execute();
  for (const { name, created_at: createdAt, first_at: firstAt } of models)
    if (createdAt !== firstAt)
      report(name, 'its creation time does not match the event of its first version');
}
