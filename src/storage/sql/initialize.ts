import type { Kysely } from 'kysely';
import type { Authorship } from '../events.ts';
import { appendEvent } from './events/event-log.ts';
import type { Tables } from './tables.ts';

/** Gives a fresh database its identity, stages and first event. */
export async function initializeRegistry(
  db: Kysely<Tables>,
  { id, stages, ...author }: Authorship & { id: string; stages: readonly string[] },
): Promise<void> {
  await db.transaction().execute(async (trx) => {
    const { at, actor, message } = author;
    await trx.insertInto('registry').values({ one: 1, id, created_at: at, collections: 0 }).execute();
    for (const [position, name] of stages.entries()) {
      await trx.insertInto('stages').values({ name, position, created_at: at, removed_at: null }).execute();
    }
    await appendEvent(trx, {
      at,
      actor,
      message: message ?? null,
      action: 'init',
      model: null,
      version: null,
      stage: null,
      from: null,
      to: null,
      details: {
        registry: id,
        stages: [...stages],
      },
    });
  });
}
