import type { Kysely } from 'kysely';
import type { MetadataStore } from '../metadata-store.ts';
import { sqlCollectionStore } from './collection/collection-store.ts';
import { sqlEventStore } from './events/event-store.ts';
import type { Leases } from './collection/leases.ts';
import { sqlMeasurementStore } from './measurements/measurement-store.ts';
import { openSession, type SessionOptions } from './session.ts';
import { sqlStageStore } from './stages/stage-store.ts';
import type { Tables } from './tables.ts';
import { checkRows, checkVersion } from './verify/check-rows.ts';
import { sqlVersionStore } from './versions/version-store.ts';

/** What the store needs besides Kysely's queries. */
export interface StoreMeans extends SessionOptions {
  close: () => Promise<void>;
  leases: Leases;
}

/** The metadata store on any database that Kysely supports; see `openSession` for `db`. */
export function sqlMetadataStore(
  db: Kysely<Tables>,
  { close, leases, ...options }: StoreMeans,
): MetadataStore {
  const session = openSession(db, options);
  return {
    ...sqlVersionStore(session),
    ...sqlStageStore(session),
    ...sqlEventStore(session),
    ...sqlMeasurementStore(session),
    ...sqlCollectionStore(session, leases),
    registry: async () => {
      const row = await db.selectFrom('registry').selectAll().executeTakeFirstOrThrow();
      return { id: row.id, createdAt: row.created_at };
    },
    check: (only) => session.read((trx) => (only === undefined ? checkRows(trx) : checkVersion(trx, only))),
    close,
  };
}
