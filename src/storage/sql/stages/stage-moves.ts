import { sql, type Kysely } from 'kysely';
import { MlregError } from '../../../core/errors.ts';
import { judgedActions, type RegistryEvent } from '../../../core/events/event.ts';
import type { ModelName, StageName } from '../../../core/versions/reference.ts';
import type { Version } from '../../../core/versions/version.ts';
import type { StackEntry } from '../../../core/versions/version-record.ts';
import type { Move, MoveOutcome, MovesAtQuery } from '../../stages.ts';
import { appendEvent, authored, lastEvent, toEvent } from '../events/event-log.ts';
import { lastSeqBy } from '../events/event-times.ts';
import { lastPolicy } from './gate-events.ts';
import { selectPointer } from './pointer-rows.ts';
import { storedVersion, storedVersionOrNull } from '../versions/stored-version.ts';
import type { Tables } from '../tables.ts';
import { yankVersion } from '../versions/version-changes.ts';
import { exactVersion, versionQuery } from '../versions/version-rows.ts';

type Db = Kysely<Tables>;

/** Follows the links between moves, only as far down as the requested part of the stack. */
export async function selectStack(db: Db, top: number | null, limit: number): Promise<StackEntry[]> {
  const entries: StackEntry[] = [];
  for (let seq = top; seq !== null && entries.length < limit; seq = entries.at(-1)?.below ?? null) {
    const row = await db
      .selectFrom('moves')
      .leftJoin('versions', 'versions.id', 'moves.version_id')
      .where('moves.seq', '=', seq)
      .select(['moves.seq', 'moves.below', 'versions.version', 'versions.yanked_at', 'versions.deleted_at'])
      .executeTakeFirst();
    if (row === undefined || (row.below !== null && row.below >= seq)) {
      throw new MlregError('INTEGRITY', `stage move ${seq} is damaged or missing`, {
        hint: 'run mlreg verify to list all damage',
      });
    }
    entries.push({
      seq: row.seq,
      version: storedVersionOrNull(row.version),
      below: row.below,
      yanked: row.yanked_at !== null,
      deleted: row.deleted_at !== null,
    });
  }
  return entries;
}

/**
 * A complete move under the write lock: checks the generation and the target, then writes pointer,
 * link and event.
 */
export async function moveStage(db: Db, input: Move): Promise<MoveOutcome> {
  const { model, stage, action } = input;
  const pointer = await selectPointer(db, model, stage);
  if (pointer.generation !== input.ifGeneration) return { outcome: 'stale' };
  if (!(await isAsJudged(db, input))) return { outcome: 'stale' };
  if (!(await isDeclared(db, stage))) return { outcome: 'undeclared' };
  const target = await targetOf(db, input);
  if (target === 'unfit') return { outcome: 'unfit' };
  const { id: modelId } = await db
    .selectFrom('models')
    .select('id')
    .where('name', '=', model)
    .executeTakeFirstOrThrow();

  const generation = pointer.generation + 1;
  const seq = ((await lastEvent(db))?.seq ?? 0) + 1;
  const pushed = 'push' in input.to;
  const top = 'pop' in input.to ? input.to.pop : seq;
  const below = pushed ? pointer.top : null;
  const event = await appendEvent(db, {
    ...authored(input),
    action,
    model,
    version: target?.version ?? null,
    stage,
    from: pointer.version,
    to: target?.version ?? null,
    details: { generation, below, top, ...input.evidence },
  });
  const moved = { version_id: target?.id ?? null, generation, top };
  await db
    .insertInto('moves')
    .values({ seq, model_id: modelId, stage, below, ...moved })
    .execute();
  await db
    .insertInto('pointers')
    .values({ model_id: modelId, stage, since: event.at, ...moved })
    .onConflict((conflict) =>
      conflict.columns(['model_id', 'stage']).doUpdateSet({ since: event.at, ...moved }),
    )
    .execute();
  if (input.yankOutgoing !== undefined && pointer.version !== null) {
    await yankVersion(db, { ...input, name: model, version: pointer.version, reason: input.yankOutgoing });
  }
  return { outcome: 'moved', from: pointer.version, to: target?.version ?? null, generation, event };
}

/**
 * Whether the policy, the other stages and the facts of the versions that the promotion was judged
 * on are unchanged.
 */
async function isAsJudged(db: Db, { model, judgedOn }: Move): Promise<boolean> {
  if (judgedOn === undefined) return true;
  const policy = await lastPolicy(db);
  if ((policy?.seq ?? null) !== judgedOn.policy) return false;
  for (const { stage, generation } of judgedOn.generations)
    if ((await selectPointer(db, model, stage)).generation !== generation) return false;
  for (const { version, event } of judgedOn.versions)
    if ((await lastJudgedEvent(db, model, version)) !== event) return false;
  return true;
}

async function lastJudgedEvent(db: Db, model: ModelName, version: Version): Promise<number> {
  const row = await db
    .selectFrom('events')
    .where('model', '=', model)
    .where('version', '=', version)
    .where('action', 'in', judgedActions)
    .select('seq')
    .orderBy('seq', 'desc')
    .limit(1)
    .executeTakeFirst();
  return row?.seq ?? 0;
}

async function isDeclared(db: Db, stage: StageName): Promise<boolean> {
  const row = await db
    .selectFrom('stages')
    .select('name')
    .where('name', '=', stage)
    .where('removed_at', 'is', null)
    .executeTakeFirst();
  return row !== undefined;
}

async function targetOf(
  db: Db,
  { model, to }: Move,
): Promise<{ id: number; version: Version } | null | 'unfit'> {
  let query = versionQuery(db, model);
  if ('pop' in to)
    query = query.innerJoin('moves', 'moves.version_id', 'versions.id').where('moves.seq', '=', to.pop);
  else if (to.push === null) return null;
  else query = exactVersion(db, model, to.push);
  const fit = query.where('yanked_at', 'is', null).where('deleted_at', 'is', null);
  const row = await fit.clearSelect().select(['versions.id', 'versions.version']).executeTakeFirst();
  return row === undefined ? 'unfit' : { id: row.id, version: storedVersion(row.version) };
}

/** For each stage, the event of its last move at or before `at`. */
export async function selectMovesAt(
  db: Db,
  { model, stage, at, now, limit, after }: MovesAtQuery,
): Promise<RegistryEvent[]> {
  const then = await lastSeqBy(db, { at, ...(now === undefined ? {} : { now }) });
  let query = db
    .selectFrom('pointers')
    .innerJoin('models', 'models.id', 'pointers.model_id')
    .innerJoin('stages', 'stages.name', 'pointers.stage')
    .innerJoin('events', (join) =>
      join.on('events.seq', '=', (eb) =>
        eb
          .selectFrom('moves')
          .select(sql<number>`max(moves.seq)`.as('seq'))
          .whereRef('moves.model_id', '=', 'pointers.model_id')
          .whereRef('moves.stage', '=', 'pointers.stage')
          .where('moves.seq', '<=', then),
      ),
    )
    .selectAll('events')
    .orderBy('models.name')
    .orderBy(sql`stages.removed_at is not null`)
    .orderBy('stages.position')
    .orderBy('stages.name')
    .limit(limit);
  if (model !== undefined) query = query.where('models.name', '=', model);
  if (stage !== undefined) query = query.where('pointers.stage', '=', stage);
  if (after !== undefined) query = query.where(isAfter(after));
  return (await query.execute()).map(toEvent);
}

/** Ordered by the model's name, then by the position of the stage, removed stages last. */
function isAfter({ model, stage }: { model: ModelName; stage: StageName }) {
  return sql<boolean>`(models.name, stages.removed_at is not null, stages.position, stages.name) >
    (select ${model}, s.removed_at is not null, s.position, s.name from stages as s where s.name = ${stage})`;
}
