import { Kysely } from 'kysely';
import { dirname } from 'node:path';
import { isMlregError } from '../../../core/errors.ts';
import type { Head, HeadKeeper } from '../../head.ts';
import { openLeases } from '../../sql/collection/leases.ts';
import type { StoreMeans } from '../../sql/sql-metadata-store.ts';
import type { Tables } from '../../sql/tables.ts';
import { readHead } from '../home/head-file.ts';
import { fileModes, sharingOf } from '../home/modes.ts';
import type { WaitOptions } from './busy-retry.ts';
import { SqliteConnection } from './connection.ts';
import type { DriverOptions } from './driver.ts';
import { sqliteDialect, sqliteName } from './dialect.ts';
import { compareHead, updateHead } from './keep-head.ts';
import { lazyWriter } from './lazy-writer.ts';
import { tryLease } from './lease-file.ts';
import { EarlierSchema, fileAt, openFile, type OpenFile } from './open-file.ts';
import { copyDatabase, diskFull, whyUnwritable } from './read-only-copy.ts';
import { writeSnapshot } from './snapshot.ts';
import { asStoreError } from './sqlite-errors.ts';

export interface OpenSqliteOptions extends WaitOptions {
  path: string;
  /** Make the database if it does not exist. */
  create: boolean;
  /**
   * Change nothing on disk, except to merge what a killed process left in the write-ahead log. A
   * database with an earlier schema is migrated in a private copy, and refuses every change; one in
   * another journal mode stays in it.
   */
  asIs?: boolean | undefined;
  /** It is the database of the home around it: see `HeadKeeper`. */
  ofHome?: boolean | undefined;
}

export interface OpenDatabase extends StoreMeans {
  /** Undefined if the database is not initialized. */
  registryId: string | undefined;
  /** The schema of the file on disk. */
  schemaOnDisk: number;
  /** Why every change is refused; absent if changes are allowed. */
  unwritable?: string | undefined;
  snapshot: (path: string) => Promise<void>;
}

/**
 * Opens the database with the settings that its durability depends on, and migrates its schema. If
 * the medium cannot be written, reads use a private copy, and every change is refused with STORAGE.
 */
export async function openSqlite({
  path,
  create,
  asIs,
  ofHome,
  ...wait
}: OpenSqliteOptions): Promise<OpenDatabase> {
  const file = fileAt(path, { mayBeMissing: create });
  const toLook = asIs === true;
  const folder = ofHome === true ? dirname(path) : undefined;
  let unwritable: string | undefined;
  try {
    const how = { create, setMode: !toLook, mayMigrate: !toLook };
    const home = folder === undefined ? undefined : { folder };
    return asOpenDatabase(await openFile(path, how, wait), {
      ...wait,
      leasePath: `${path}-lease`,
      home,
      writer: lazyWriter(path, file, wait),
    });
  } catch (error) {
    unwritable = error instanceof EarlierSchema ? 'it was opened read-only' : undefined;
    if (unwritable === undefined && !create) unwritable = whyUnwritable(error, path);
    if (unwritable === undefined) throw asStoreError(error);
  }
  const home = folder === undefined ? undefined : { folder, noted: { head: headIfReadable(folder) } };
  const copy = await copyDatabase(path);
  try {
    const how = { create: false, setMode: !toLook, mayMigrate: true };
    const opened = await openFile(copy.path, how, wait);
    // On a full disk a process that frees space must still keep others from doing so at the same
    // time. In any other case nothing can be removed.
    const leasePath = `${unwritable === diskFull ? path : copy.path}-lease`;
    const writer = lazyWriter(copy.path, undefined, wait);
    return asOpenDatabase(opened, { ...wait, unwritable, leasePath, home, writer, afterwards: copy.remove });
  } catch (error) {
    await copy.remove();
    throw asStoreError(error);
  }
}

/** When a copy is opened only for reading, a `head` that this user may not read is ignored. */
function headIfReadable(home: string): Head | undefined {
  try {
    return readHead(home);
  } catch (error) {
    if (isMlregError(error, 'STORAGE')) return undefined;
    throw error;
  }
}

interface Means extends WaitOptions {
  writer: ReturnType<typeof lazyWriter>;
  leasePath: string;
  unwritable?: string | undefined;
  /** The home of the database, and what was noted there when it was copied. */
  home?: { folder: string; noted?: { head: Head | undefined } } | undefined;
  afterwards?: () => Promise<void>;
}

/** The id is read without Kysely, which is loaded when it is first needed. */
function asOpenDatabase(
  { database, schema }: OpenFile,
  { writer, leasePath, unwritable, home, afterwards, ...wait }: Means,
): OpenDatabase {
  const leaseMode = (): number => fileModes[sharingOf(dirname(leasePath))];
  const registryId = database.prepare('select id from registry').pluck().get();
  const reader = new SqliteConnection(database, wait);
  let kysely: Kysely<Tables> | undefined;
  const options: DriverOptions = {
    reader,
    writer: writer.open,
    unwritable,
    afterChange: home && ((connection) => updateHead(connection, home.folder)),
  };
  return {
    dialect: sqliteName,
    get db() {
      return (kysely ??= new Kysely<Tables>({ dialect: sqliteDialect(options) }));
    },
    run: (text, values) => reader.alone(() => reader.prepare(text).all(...values)),
    head: home && headKeeper(home, reader, writer.opened),
    registryId: typeof registryId === 'string' ? registryId : undefined,
    schemaOnDisk: schema,
    unwritable,
    leases: openLeases({ ...wait, attempt: () => tryLease(leasePath, leaseMode()) }),
    snapshot: (copy) => writeSnapshot(reader, copy),
    close: async () => {
      await writer.close();
      // The last connection merges the write-ahead log into the file.
      database.close();
      await afterwards?.();
    },
  };
}

/** The note is read before the rows, so it is never ahead of them. */
function headKeeper(
  { folder, noted: fixed }: NonNullable<Means['home']>,
  reader: SqliteConnection,
  writer: () => SqliteConnection,
): HeadKeeper {
  const noted = (): Head | undefined => (fixed === undefined ? readHead(folder) : fixed.head);
  return {
    state: async () => {
      const before = noted();
      return reader.alone(() => compareHead(reader, before));
    },
    lockedState: () => compareHead(writer(), noted()),
  };
}
