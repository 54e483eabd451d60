import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { access, link, mkdir, open, opendir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { MlregError } from './core/errors.ts';
import { quote } from './core/quote.ts';
import { defaultStages } from './core/stage.ts';
import type { Registry } from './registry/registry.ts';
import { asStorageError, isErrno } from './storage/blobs-fs/fs-errors.ts';
import { createBlobFolders, openFsBlobStore, syncFolder } from './storage/blobs-fs/fs-blob-store.ts';
import { initializeRegistry } from './storage/sql/initialize.ts';
import { sqlMetadataStore } from './storage/sql/sql-metadata-store.ts';
import { openSqlite } from './storage/sql/sqlite/open-sqlite.ts';

/** The composition root: the one place that names adapters. registry/FORMAT.md describes what it opens. */

const formatVersion = 1;

export interface OpenOptions {
  actor: string;
  /** How long to wait for other writers, in milliseconds. */
  waitMs: number;
  now: () => number;
  signal?: AbortSignal;
}

interface RegistryFile {
  formatVersion: number;
  id: string;
  createdAt: string;
}

/** Opens the registry in the folder `home`. NOT_FOUND where there is none; a newer format is refused and not touched. */
export async function openRegistry(home: string, options: OpenOptions): Promise<Registry> {
  const file = await readRegistryFile(home);
  if (file === undefined) {
    throw new MlregError('NOT_FOUND', `there is no registry in ${quote(home)}`, {
      hint: `mlreg init ${home}`,
    });
  }
  if (await lacksOnlyDatabase(home)) await createDatabase(home, file.id, options);
  const db = await openSqlite({ path: join(home, 'mlreg.db'), create: false, ...options });
  try {
    const known = await db.selectFrom('registry').select('id').executeTakeFirst();
    if (known?.id !== file.id) {
      throw new MlregError(
        'INTEGRITY',
        `registry.json and mlreg.db in ${quote(home)} are not of one registry`,
        {
          hint: 'restore both from one backup',
        },
      );
    }
  } catch (error) {
    await db.destroy();
    throw error;
  }
  const metadata = sqlMetadataStore(db);
  return {
    home,
    blobs: openFsBlobStore(home, options.signal),
    metadata,
    ...options,
    close: () => metadata.close(),
  };
}

/** Makes a registry in `home`, or finds the one that is there. Of many processes that do this at once, one makes it. */
export async function createRegistry(
  home: string,
  options: OpenOptions,
): Promise<{ registry: Registry; changed: boolean }> {
  const existing = await readRegistryFile(home);
  if (existing !== undefined) return { registry: await openRegistry(home, options), changed: false };
  let created: boolean;
  try {
    await mkdir(home, { recursive: true, mode: 0o700 });
    await createBlobFolders(home, 0o700);
    await keepOutOfGit(home);
    const id = await createDatabase(home, randomUUID(), options);
    created = await writeRegistryFile(home, {
      formatVersion,
      id,
      createdAt: new Date(options.now()).toISOString(),
    });
    await syncFolder(dirname(resolve(home)));
  } catch (error) {
    throw asStorageError(error, `make a registry in ${quote(home)}`);
  }
  return { registry: await openRegistry(home, options), changed: created };
}

/**
 * Makes the database aside, complete and closed, and links it to its name: nobody ever meets half of one. Answers the
 * id of the registry, which is another one than `id` where another process was first.
 */
async function createDatabase(home: string, id: string, options: OpenOptions): Promise<string> {
  const path = join(home, 'mlreg.db');
  const draft = join(home, 'tmp', `${randomUUID()}.db`);
  try {
    const fresh = await openSqlite({ path: draft, create: true, ...options });
    await initializeRegistry(fresh, { id, stages: defaultStages, at: options.now(), actor: options.actor });
    // Closing folds the write-ahead log into the file and syncs it.
    await fresh.destroy();
    await link(draft, path);
    await syncFolder(home);
    return id;
  } catch (error) {
    if (!isErrno(error, 'EEXIST')) throw error;
  } finally {
    for (const suffix of ['', '-wal', '-shm']) await rm(draft + suffix, { force: true });
  }
  const db = await openSqlite({ path, create: false, ...options });
  const { id: theirs } = await db.selectFrom('registry').select('id').executeTakeFirstOrThrow();
  await db.destroy();
  return theirs;
}

async function readRegistryFile(home: string): Promise<RegistryFile | undefined> {
  let text: string;
  try {
    text = await readFile(join(home, 'registry.json'), 'utf8');
  } catch (error) {
    if (isErrno(error, 'ENOENT') || isErrno(error, 'ENOTDIR')) return undefined;
    throw asStorageError(error, `read ${quote(join(home, 'registry.json'))}`);
  }
  const file = parseRegistryFile(text);
  if (file === undefined) {
    throw new MlregError('INTEGRITY', `${quote(join(home, 'registry.json'))} is damaged`, {
      hint: 'restore it from a backup',
    });
  }
  if (file.formatVersion <= formatVersion) return file;
  throw new MlregError(
    'INVALID_INPUT',
    `the registry in ${quote(home)} has format ${file.formatVersion}, this mlreg knows ${formatVersion}`,
    {
      hint: 'upgrade mlreg; nothing was touched',
    },
  );
}

function parseRegistryFile(text: string): RegistryFile | undefined {
  try {
    const { formatVersion: format, id, createdAt } = JSON.parse(text) as Partial<RegistryFile>;
    if (!Number.isSafeInteger(format) || typeof id !== 'string' || typeof createdAt !== 'string')
      return undefined;
    return { formatVersion: Number(format), id, createdAt };
  } catch {
    return undefined;
  }
}

/** Written aside, fsynced and linked, so that it is whole or not there; false where another process was first. */
async function writeRegistryFile(home: string, file: RegistryFile): Promise<boolean> {
  const draft = join(home, 'tmp', `registry-${randomUUID()}`);
  const handle = await open(draft, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o600);
  try {
    await handle.writeFile(`${JSON.stringify(file, null, 2)}\n`);
    await handle.sync();
    await handle.close();
    await link(draft, join(home, 'registry.json'));
    await syncFolder(home);
    return true;
  } catch (error) {
    if (isErrno(error, 'EEXIST')) return false;
    throw error;
  } finally {
    await rm(draft, { force: true });
  }
}

/** A registry made inside of a git work tree must not be committed by accident. */
async function keepOutOfGit(home: string): Promise<void> {
  await writeFile(join(home, '.gitignore'), '*\n', { flag: 'wx' }).catch((error: unknown) => {
    if (!isErrno(error, 'EEXIST')) throw error;
  });
}

/**
 * Whether the database is missing and no bytes wait for their rows, so that it may be made anew. A registry with blobs
 * whose database is gone must not come back as an empty one.
 */
async function lacksOnlyDatabase(home: string): Promise<boolean> {
  // A write-ahead log without its database holds what is left of the rows; beside a new one, SQLite would play it back.
  for (const name of ['mlreg.db', 'mlreg.db-wal']) {
    try {
      await access(join(home, name));
      return false;
    } catch (error) {
      if (!isErrno(error, 'ENOENT')) return false;
    }
  }
  try {
    for await (const _entry of await opendir(join(home, 'blobs', 'sha256'))) return false;
    return true;
  } catch (error) {
    throw asStorageError(error, `look into ${quote(home)}`);
  }
}
