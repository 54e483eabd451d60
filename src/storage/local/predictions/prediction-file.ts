import Database from 'better-sqlite3';
import { createHash } from 'node:crypto';
import { closeSync, fchmodSync, openSync } from 'node:fs';
import { MlregError } from '../../../core/errors.ts';
import { canonicalJson } from '../../../core/json/canonical.ts';
import { quote } from '../../../core/text/quote.ts';
import type { ModelName } from '../../../core/versions/reference.ts';
import type { KeptPrediction, KeptRun } from '../../predictions.ts';
import { asStorageError } from '../blobs/fs-errors.ts';

/** The folder of a home that has a file for each kept run. */
export const predictionFolder = 'predictions';

/** Keys may be personal data: nobody else reads them, in a shared registry neither. */
export const predictionMode = 0o600;

const schemaVersion = 1;
/** "mlrp". */
const applicationId = 0x6d6c7270;

/** `until` is in the name, so that runs whose time is over are found without opening any. */
export function predictionName({ until, model, ...run }: KeptRun): string {
  const { version, data, key, shard } = run;
  const id = hexOf(canonicalJson({ model, version, data, key, shard })).slice(0, 32);
  return `${modelPart(model)}-${id}-${until}.db`;
}

export function modelPart(model: ModelName): string {
  return hexOf(model).slice(0, 16);
}

function hexOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

const tables = `
  create table run (
    model text not null, version text not null, data text not null, key text not null, shard text,
    at integer not null, until integer not null, keys integer not null
  ) strict;
  create table predictions (
    key text not null primary key, prediction text not null, score real
  ) strict, without rowid;
`;

/** A new file that only its owner may read, open for writing. */
export function createPredictionFile(path: string): Database.Database {
  try {
    const file = openSync(path, 'wx', predictionMode);
    fchmodSync(file, predictionMode);
    closeSync(file);
  } catch (error) {
    throw asStorageError(error, `create ${quote(path)}`);
  }
  const database = new Database(path, { fileMustExist: true });
  // Nobody sees the file before it is complete, and an incomplete one is removed.
  database.pragma('journal_mode = off');
  database.pragma('synchronous = off');
  database.pragma('cache_size = -65536');
  database.pragma(`application_id = ${applicationId}`);
  database.pragma(`user_version = ${schemaVersion}`);
  database.exec(tables);
  return database;
}

/** Opens a complete file. INTEGRITY if it is not one, or of a newer format. */
export function openPredictionFile(path: string): Database.Database {
  const database = new Database(path, { readonly: true, fileMustExist: true });
  const version = database.pragma('user_version', { simple: true });
  if (database.pragma('application_id', { simple: true }) === applicationId && version === schemaVersion)
    return database;
  database.close();
  throw new MlregError(
    'INTEGRITY',
    `${quote(path)} is not a file of predictions of format ${schemaVersion}`,
    { hint: 'use the newest mlreg; if it is damaged, remove it' },
  );
}

export function readRun(database: Database.Database): { run: KeptRun; keys: number } {
  const { keys, ...run } = database.prepare('select * from run').get() as KeptRun & { keys: number };
  return { run, keys };
}

export function readPredictions(database: Database.Database, keys: readonly string[]): KeptPrediction[] {
  const select = database.prepare<[string], KeptPrediction>(
    'select key, prediction, score from predictions where key = ?',
  );
  return keys.flatMap((key) => select.get(key) ?? []);
}
