import type Database from 'better-sqlite3';
import { MlregError } from '../../../core/errors.ts';
import { migrations } from '../../sql/migrations.ts';

/** `application_id` of our databases: "mlrg" in ASCII. */
const applicationId = 0x6d6c7267;

/** How many schema steps the database has taken. */
export function schemaOf(database: Database.Database): number {
  return Number(database.pragma('user_version', { simple: true }));
}

/** Refuses a database that is not ours, or newer than we know, before anything is written. */
export function checkSchema(database: Database.Database): void {
  const schema = schemaOf(database);
  if (schema > migrations.length) {
    throw new MlregError(
      'INVALID_INPUT',
      `the registry's database has schema ${schema}; this mlreg supports ${migrations.length}`,
      {
        hint: 'upgrade mlreg; nothing was changed',
      },
    );
  }
  const id = Number(database.pragma('application_id', { simple: true }));
  if (id === applicationId) return;
  const tables = Number(database.prepare('select count(*) from sqlite_schema').pluck().get());
  if (id === 0 && schema === 0 && tables === 0) return;
  throw new MlregError('INTEGRITY', 'mlreg.db is not an mlreg database', {
    hint: 'restore mlreg.db from a backup, or use another registry: --registry DIR',
  });
}

/** Under the write lock, so that one of many first runs migrates and the others find it done. */
export function migrate(database: Database.Database): void {
  database
    .transaction(() => {
      checkSchema(database);
      for (const step of migrations.slice(schemaOf(database))) database.exec(step);
      const dangling = database.pragma('foreign_key_check') as { table: string; parent: string }[];
      if (dangling[0] !== undefined) {
        const { table, parent } = dangling[0];
        throw new MlregError(
          'INTEGRITY',
          `a row of ${table} refers to a missing row of ${parent}, so the registry was not upgraded`,
          { hint: 'nothing was changed: restore mlreg.db from a backup' },
        );
      }
      database.pragma(`application_id = ${applicationId}`);
      database.pragma(`user_version = ${migrations.length}`);
    })
    .immediate();
}
