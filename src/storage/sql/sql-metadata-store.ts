import type { MetadataStore } from '../metadata-store.ts';
import { sqlCollectionStore } from './collection/collection-store.ts';
import { sqlEventStore } from './events/event-store.ts';
import type { Leases } from './collection/leases.ts';
import { sqlMeasurementStore } from './measurements/measurement-store.ts';
import { openSession, type SessionOptions, type SqlDatabase } from './session.ts';
import { sqlStageStore } from './stages/stage-store.ts';
import { checkRows, checkVersion } from './verify/check-rows.ts';
import { sqlVersionStore } from './versions/version-store.ts';

/** What the store needs of an adapter. */
export interface StoreMeans extends SqlDatabase {
  leases: Leases;
  close: () => Promise<void>;
}

/** The metadata store on any database that Kysely supports. */
export function sqlMetadataStore(means: StoreMeans, options: SessionOptions = {}): MetadataStore {
  const session = openSession(means, options);
  return {
    ...sqlVersionStore(session),
    ...sqlStageStore(session),
    ...sqlEventStore(session),
    ...sqlMeasurementStore(session),
    ...sqlCollectionStore(session, means.leases),
    registry: async () => {
      const row = await session.db().selectFrom('registry').selectAll().executeTakeFirstOrThrow();
      return { id: row.id, createdAt: row.created_at };
    },
    check: (only) => session.read((trx) => (only === undefined ? checkRows(trx) : checkVersion(trx, only))),
    close: () => means.close(),
  };
}
