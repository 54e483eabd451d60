import { randomUUID } from 'node:crypto';
import { accessSync, constants, statSync } from 'node:fs';
import { join } from 'node:path';
import { MlregError } from './core/errors.ts';
import { quote, shellWord } from './core/text/quote.ts';
import { defaultStages } from './core/versions/reference.ts';
import type { LocalFolder, Registry } from './registry/registry.ts';
import { asStorageError } from './storage/local/blobs/fs-errors.ts';
import type { Finding, PlaceDiagnosis } from './storage/diagnosis.ts';
import { diagnoseFiles } from './storage/local/home/diagnose-files.ts';
import { openFsBlobStore } from './storage/local/blobs/fs-blob-store.ts';
import { sharingOf, type Sharing } from './storage/local/home/modes.ts';
import { draftHome } from './storage/local/home/draft-home.ts';
import { fileInTheWay, nearestFolder } from './storage/local/home/file-system.ts';
import { makeFolders } from './storage/local/home/make-folders.ts';
import { refuseNetwork } from './storage/local/home/network-fs.ts';
import { refuseForeign } from './storage/local/home/refuse-foreign.ts';
import { formatVersion, readRegistryFile, writeRegistryFile } from './storage/local/home/registry-file.ts';
import { migrations } from './storage/sql/migrations.ts';
import { sqlMetadataStore } from './storage/sql/sql-metadata-store.ts';
import {
  createDatabase,
  lacksOnlyDatabase,
  type NewDatabase,
} from './storage/local/sqlite/create-database.ts';
import { diagnoseSqlite } from './storage/local/sqlite/diagnose-sqlite.ts';
import { openSqlite } from './storage/local/sqlite/open-sqlite.ts';

/**
 * The composition root: the only file that names adapters. registry/FORMAT.md describes the files
 * that it opens.
 */

/** The format on disk and the schema of the database that this program writes. */
export const supportedFormats = { format: formatVersion, schema: migrations.length };

export interface OpenOptions {
  actor: string;
  /** How long to wait for other writers, in milliseconds. */
  waitMs: number;
  now: () => number;
  /** Called with warnings for a user who writes, such as a wrong clock. */
  warn?: (warning: string) => void;
  signal?: AbortSignal;
  /** Open it even where other machines may use it: see `refuseNetwork`. */
  allowNetworkFs?: boolean;
  /** Read-only: nothing on disk is created or upgraded. */
  asIs?: boolean;
}

/**
 * Opens the registry in the folder `home`. NOT_FOUND if there is none; a newer format is refused
 * and left untouched.
 */
export async function openRegistry(home: string, options: OpenOptions): Promise<Registry> {
  const file = readRegistryFile(home);
  if (file === undefined) throw noRegistry(home);
  if (options.allowNetworkFs !== true) refuseNetwork(home);
  if (await lacksOnlyDatabase(home)) {
    if (options.asIs === true) {
      throw new MlregError('NOT_FOUND', `the registry in ${quote(home)} has no database yet`, {
        hint: 'create it with: mlreg list',
      });
    }
    await createDatabase(home, newDatabase(file.id, options));
  }
  const path = join(home, 'mlreg.db');
  const { waitMs, signal, now, asIs } = options;
  const opened = await openSqlite({ path, create: false, asIs, ofHome: true, waitMs, signal });
  if (opened.registryId !== file.id) {
    await opened.close();
    throw new MlregError(
      'INTEGRITY',
      `registry.json and mlreg.db in ${quote(home)} belong to different registries`,
      {
        hint: 'restore both from the same backup',
      },
    );
  }
  const metadata = sqlMetadataStore(opened, { place: home, warn: options.warn });
  const blobs = openFsBlobStore(home, options.signal);
  const location: LocalFolder = {
    kind: 'folder',
    home,
    isShared: () => sharingOf(home) === 'group',
    predictions: async () => {
      const { openPredictionStore } = await import('./storage/local/predictions/prediction-store.ts');
      return openPredictionStore(home);
    },
    async draftCopy(directory) {
      const draft = await draftHome(directory, sharingOf(home));
      try {
        await opened.snapshot(join(draft.home, 'mlreg.db'));
        await draft.identify(await metadata.registry());
        const { copyPredictions } = await import('./storage/local/predictions/prediction-store.ts');
        await copyPredictions(home, draft.home);
      } catch (error) {
        await draft.discard();
        throw error;
      }
      return {
        open: () => openRegistry(draft.home, optionsOfCopy(options)),
        complete: (head) => draft.complete(head),
        discard: () => draft.discard(),
      };
    },
  };
  const registry: Registry = {
    location,
    blobs,
    metadata,
    // A getter, not a copied value: finding the actor takes time, and reading does not need it.
    get actor() {
      return options.actor;
    },
    waitMs,
    now,
    latency: async (question, copies) => {
      const { gaugeLatency } = await import('./bench/run/gauge-latency.ts');
      return gaugeLatency(registry, question, copies);
    },
    ...(signal === undefined ? {} : { signal }),
    ...(opened.unwritable === undefined ? {} : { unwritable: opened.unwritable }),
    again: () => openRegistry(home, options),
    stamp: () => stampOf(home),
    close: () => metadata.close(),
  };
  return registry;
}

/**
 * What the adapters report about `home`, which need not hold a registry. Leaves nothing behind.
 * Rejects only on an abort or a bug.
 */
export async function diagnoseHome(
  home: string,
  { waitMs, signal, allowNetworkFs = false }: OpenOptions,
): Promise<PlaceDiagnosis> {
  const { id, refused, ...files } = await diagnoseFiles(home, { signal, allowNetworkFs });
  if (id === undefined) return files;
  const database: Finding[] = refused
    ? // The last process to close it folds in its log, which another host may be writing.
      [
        {
          check: 'database',
          about: 'database',
          status: 'skip',
          observed: 'not opened on a network file system',
        },
      ]
    : await diagnoseSqlite(home, id, { waitMs, signal });
  return { ...files, findings: [...files.findings, ...database] };
}

/**
 * Creates a registry in `home`, or finds the existing one. If many processes do this at once, one
 * of them creates it. `group` lets the folder's group use it as well: CONFLICT if an existing
 * registry is private to its owner. INVALID_INPUT if the folder has other files.
 */
export async function createRegistry(
  home: string,
  options: OpenOptions,
  sharing: Sharing = 'owner',
): Promise<{ registry: Registry; changed: boolean; warnings: string[] }> {
  if (readRegistryFile(home) !== undefined) {
    if (sharing === 'group' && sharingOf(home) !== 'group') throw notShared(home);
    return { registry: await openRegistry(home, options), changed: false, warnings: [] };
  }
  if (options.allowNetworkFs !== true) refuseNetwork(nearestFolder(home));
  try {
    await refuseForeign(home);
    const warnings = await makeFolders(home, sharing);
    const id = await createDatabase(home, newDatabase(randomUUID(), options));
    const createdAt = new Date(options.now()).toISOString();
    const changed = await writeRegistryFile(home, { id, createdAt });
    return { registry: await openRegistry(home, options), changed, warnings };
  } catch (error) {
    throw asStorageError(error, `create a registry in ${quote(home)}`);
  }
}

/**
 * Network file systems are allowed: no other process knows of an unfinished copy, wherever it is.
 */
function optionsOfCopy(options: OpenOptions): OpenOptions {
  const { waitMs, now, signal } = options;
  return {
    get actor() {
      return options.actor;
    },
    waitMs,
    now,
    allowNetworkFs: true,
    ...(signal === undefined ? {} : { signal }),
  };
}

/**
 * See `Registry.stamp`: it changes when another database file takes its place. A database that this
 * process cannot write may be a copy that others update, so its last write counts as well.
 */
function stampOf(home: string): string {
  const path = join(home, 'mlreg.db');
  const stats = (file: string) => statSync(file, { bigint: true, throwIfNoEntry: false });
  const isWritable = [home, path].every((place) => {
    try {
      accessSync(place, constants.W_OK);
      return true;
    } catch {
      return false;
    }
  });
  try {
    const file = stats(path);
    const written = isWritable ? [] : [file, stats(`${path}-wal`)].map((one) => [one?.mtimeNs, one?.size]);
    return [file?.dev, file?.ino, ...written.flat()].join(' ');
  } catch {
    return '';
  }
}

function noRegistry(home: string): MlregError {
  const file = fileInTheWay(home);
  if (file === undefined) {
    return new MlregError('NOT_FOUND', `no registry in ${quote(home)}`, {
      hint: `mlreg init ${shellWord(home)}`,
    });
  }
  return new MlregError('NOT_FOUND', `no registry in ${quote(home)}: ${quote(file)} is a file`, {
    hint: 'use the folder of a registry: --registry DIR',
  });
}

function notShared(home: string): MlregError {
  const folder = shellWord(home);
  return new MlregError(
    'CONFLICT',
    `the registry in ${quote(home)} is private to its owner; nothing was changed`,
    {
      hint: `share it with the group of its folder: find ${folder} -type d -exec chmod 2770 {} + && chmod 660 ${folder}/mlreg.db* ${folder}/registry.json`,
    },
  );
}

function newDatabase(id: string, { actor, now, ...wait }: OpenOptions): NewDatabase {
  return { id, stages: defaultStages, actor, at: now(), ...wait };
}
