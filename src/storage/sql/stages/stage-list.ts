import type { Kysely } from 'kysely';
import type { StageName } from '../../../core/versions/reference.ts';
import type { AddStageOutcome, RemoveStageOutcome } from '../../stages.ts';
import type { Authorship } from '../../events.ts';
import { appendEvent, authored } from '../events/event-log.ts';
import type { Tables } from '../tables.ts';

type Db = Kysely<Tables>;

/** How many of the models that hold a stage are named in an answer. */
const mostNamed = 5;

/** The declared stages, in order. */
export async function selectStages(db: Db): Promise<StageName[]> {
  const rows = await db
    .selectFrom('stages')
    .where('removed_at', 'is', null)
    .select('name')
    .orderBy('position')
    .execute();
  return rows.map((row) => row.name as StageName);
}

/**
 * Declares a stage, at the end or after another one. A stage that was removed comes back with its
 * history.
 */
export async function addStage(
  db: Db,
  input: Authorship & { stage: StageName; after?: StageName },
): Promise<AddStageOutcome> {
  const { stage, after } = input;
  const before = await selectStages(db);
  if (before.includes(stage)) return { outcome: 'exists', stages: before };
  if (after !== undefined && !before.includes(after)) return { outcome: 'unknown-after', stages: before };
  const place = after === undefined ? before.length : before.indexOf(after) + 1;
  const stages = before.toSpliced(place, 0, stage);
  const event = await appendEvent(db, { ...authored(input), ...about(stage, 'stage-add', stages) });
  await db
    .insertInto('stages')
    .values({ name: stage, position: place, created_at: event.at, removed_at: null })
    .onConflict((conflict) => conflict.column('name').doUpdateSet({ removed_at: null }))
    .execute();
  await putInOrder(db, stages);
  return { outcome: 'added', stages };
}

/** Removes a stage that no model holds. Its history stays. */
export async function removeStage(
  db: Db,
  input: Authorship & { stage: StageName },
): Promise<RemoveStageOutcome> {
  const { stage } = input;
  const before = await selectStages(db);
  if (!before.includes(stage)) return { outcome: 'unknown', stages: before };
  const holding = await db
    .selectFrom('pointers')
    .innerJoin('models', 'models.id', 'pointers.model_id')
    .where('pointers.stage', '=', stage)
    .where('pointers.version_id', 'is not', null)
    .select('models.name')
    .orderBy('models.name')
    .limit(mostNamed)
    .execute();
  if (holding.length > 0) return { outcome: 'held', models: holding.map((row) => row.name) };
  const stages = before.filter((other) => other !== stage);
  const event = await appendEvent(db, { ...authored(input), ...about(stage, 'stage-remove', stages) });
  await db.updateTable('stages').set({ removed_at: event.at }).where('name', '=', stage).execute();
  await putInOrder(db, stages);
  return { outcome: 'removed', stages };
}

/** The event carries the whole list, so that the rows can be checked against the last one. */
function about(stage: StageName, action: 'stage-add' | 'stage-remove', stages: readonly StageName[]) {
  return { action, model: null, version: null, stage, from: null, to: null, details: { stages } } as const;
}

async function putInOrder(db: Db, stages: readonly StageName[]): Promise<void> {
  for (const [position, name] of stages.entries())
    await db.updateTable('stages').set({ position }).where('name', '=', name).execute();
}
