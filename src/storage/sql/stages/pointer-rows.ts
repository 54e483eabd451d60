import type { Kysely } from 'kysely';
import type { ModelName, StageName } from '../../../core/versions/reference.ts';
import type { StagePointer } from '../../../core/versions/version-record.ts';
import { storedVersionOrNull } from '../versions/stored-version.ts';
import type { Tables } from '../tables.ts';

type Db = Kysely<Tables>;

/** The pointers of a model's stages that have ever moved, in the order of the stages. */
export function pointerQuery(db: Db, name: ModelName) {
  return db
    .selectFrom('pointers')
    .innerJoin('models', 'models.id', 'pointers.model_id')
    .innerJoin('stages', 'stages.name', 'pointers.stage')
    .leftJoin('versions', 'versions.id', 'pointers.version_id')
    .where('models.name', '=', name)
    .select(['pointers.stage', 'pointers.generation', 'pointers.top', 'pointers.since', 'versions.version'])
    .orderBy('stages.position');
}

/** Every declared stage of the model that has ever moved, in order. */
export async function selectPointers(db: Db, name: ModelName): Promise<StagePointer[]> {
  return toPointers(name, await declaredPointers(db, name).execute());
}

export function declaredPointers(db: Db, name: ModelName) {
  return pointerQuery(db, name).where('stages.removed_at', 'is', null);
}

export async function selectPointer(db: Db, name: ModelName, stage: StageName): Promise<StagePointer> {
  return toPointer(name, stage, await pointerQuery(db, name).where('pointers.stage', '=', stage).execute());
}

type PointerRow = Awaited<ReturnType<ReturnType<typeof pointerQuery>['execute']>>[number];

export function toPointers(model: ModelName, rows: PointerRow[]): StagePointer[] {
  return rows.map((row) => ({
    ...row,
    model,
    stage: row.stage as StageName,
    version: storedVersionOrNull(row.version),
  }));
}

/** Without a row, a pointer that has never moved. */
export function toPointer(model: ModelName, stage: StageName, [row]: PointerRow[]): StagePointer {
  const found = row && { ...row, version: storedVersionOrNull(row.version) };
  return { version: null, generation: 0, top: null, since: 0, ...found, model, stage };
}
