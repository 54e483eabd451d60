import type { EventAction } from '../../core/events/event.ts';
import { modelActions } from '../../core/versions/model-facts.ts';
import type { ModelName, StageName } from '../../core/versions/reference.ts';
import type { Version } from '../../core/versions/version.ts';
import { eventQuery } from './events/event-log.ts';
import { fixedQuery } from './fixed-query.ts';
import { newestMeasurements } from './measurements/measurement-rows.ts';
import { declaredPointers, pointerQuery } from './stages/pointer-rows.ts';
import {
  childQuery,
  placedVersion,
  placedVersionId,
  versionQuery,
  type PlacedVersion,
} from './versions/version-rows.ts';

/**
 * The queries that reading commands run first. The build replaces this file by their texts: loading
 * Kysely, and building a query with it, take many times as long as running the query. They are made
 * of the same parts as the queries within changes, so that no SQL is written twice.
 */

export const modelNamed = fixedQuery((db, { name }: { name: ModelName }) =>
  db.selectFrom('models').select('id').where('name', '=', name),
);

export const modelFactsEvent = fixedQuery((db, { model }: { model: ModelName }) =>
  eventQuery(db, { model, version: null, actions: modelActions, limit: 1 }),
);

export const oneVersion = fixedQuery((db, version: PlacedVersion) => placedVersion(db, version));

export const latestVersion = fixedQuery((db, { name }: { name: ModelName }) =>
  versionQuery(db, name)
    .where('yanked_at', 'is', null)
    .where('deleted_at', 'is', null)
    .orderBy('prerelease')
    .orderBy('sort_key', 'desc')
    .limit(1),
);

export const childrenOf = fixedQuery((db, version: PlacedVersion) =>
  childQuery(db, version).where('child.deleted_at', 'is', null),
);

export const pointersOf = fixedQuery((db, { name }: { name: ModelName }) => declaredPointers(db, name));

export const onePointer = fixedQuery((db, { name, stage }: { name: ModelName; stage: StageName }) =>
  pointerQuery(db, name).where('pointers.stage', '=', stage),
);

/** The newest measurements of a version of one kind. */
export const newestOfVersion = fixedQuery(
  (db, { kind, limit, name, version, key }: PlacedVersion & { kind: string; limit: number }) =>
    newestMeasurements(db, kind, limit).where(
      'measurements.version_id',
      '=',
      placedVersionId(db, { name, version, key }),
    ),
);

/** The newest events of a version with one of two actions. */
export const versionEvents = fixedQuery((db, { model, version, first, second, limit }: VersionEvents) =>
  eventQuery(db, { model, version, actions: [first, second], limit }),
);

interface VersionEvents {
  model: ModelName;
  version: Version;
  first: EventAction;
  second: EventAction;
  limit: number;
}
