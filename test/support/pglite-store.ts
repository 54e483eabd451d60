import { PGlite, types } from '@electric-sql/pglite';
import { Kysely } from 'kysely';
import { after, before } from 'node:test';
import { defaultStages } from '../../src/core/versions/reference.ts';
import type { Lease } from '../../src/storage/collection.ts';
import type { MetadataStore } from '../../src/storage/metadata-store.ts';
import { initializeRegistry } from '../../src/storage/sql/initialize.ts';
import { openLeases } from '../../src/storage/sql/collection/leases.ts';
import { migrations } from '../../src/storage/sql/migrations.ts';
import { sqlMetadataStore } from '../../src/storage/sql/sql-metadata-store.ts';
import type { Tables } from '../../src/storage/sql/tables.ts';
import { start } from './metadata-samples.ts';
import { inPostgres, PostgresDialect } from './postgres-dialect.ts';

/**
 * Opens stores of registries that were just made, one after the other, in one PostgreSQL for the
 * whole file: it takes seconds to start. PGlite has one session, which everybody shares.
 */
export function pgliteStores(): () => Promise<MetadataStore> {
  const pglite = new PGlite({ parsers: { [types.INT8]: Number } });
  const db = new Kysely<Tables>({ dialect: new PostgresDialect({ pglite }) });
  before(async () => {
    for (const step of migrations) await pglite.exec(inPostgres(step));
  });
  after(() => db.destroy());
  return async () => {
    await removeRows(pglite);
    const id = crypto.randomUUID();
    await initializeRegistry(db, { id, stages: defaultStages, actor: 'ada', at: start });
    return sqlMetadataStore({
      dialect: 'postgres',
      db,
      run: async (text, values) => (await pglite.query(text, [...values])).rows,
      leases: openLeases({ attempt: oneLease(), waitMs: 50 }),
      close: async () => undefined,
    });
  };
}

/**
 * Faster than TRUNCATE by far where tables are small. As a replica, it takes no account of
 * references.
 */
async function removeRows(pglite: PGlite): Promise<void> {
  await pglite.exec(`
    SET session_replication_role = replica;
    DO $$ DECLARE t text; BEGIN
      FOR t IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' LOOP
        EXECUTE format('DELETE FROM %I', t);
      END LOOP;
    END $$;
    SET session_replication_role = DEFAULT;
  `);
}

/**
 * An advisory lock of PostgreSQL belongs to a session, and so would not keep others of this one
 * out.
 */
function oneLease(): () => Lease | undefined {
  let isHeld = false;
  return () => {
    if (isHeld) return undefined;
    isHeld = true;
    return { release: async () => void (isHeld = false) };
  };
}
