import type Database from 'better-sqlite3';
import { randomUUID } from 'node:crypto';
import { chmod, copyFile, lstat, mkdir, readdir, rename, rm, unlink } from 'node:fs/promises';
import { constants, existsSync } from 'node:fs';
import { join } from 'node:path';
import { MlregError } from '../../../core/errors.ts';
import { quote } from '../../../core/text/quote.ts';
import { syncFile, syncFolder } from '../../../files/fsync.ts';
import { processMark } from '../../../files/scratch.ts';
import type { Remains } from '../../blob-store.ts';
import type { KeptPrediction, KeptRun, PredictionDraft, PredictionStore } from '../../predictions.ts';
import { restorePassingFolders } from '../blobs/blob-folders.ts';
import { guarded, isErrno } from '../blobs/fs-errors.ts';
import { addToGitIgnore } from '../home/git-ignore.ts';
import { readPredictionName } from '../home/own-names.ts';
import { folderModes, sharingOf } from '../home/modes.ts';
import { sqliteCode } from '../sqlite/busy-retry.ts';
import { asStoreError } from '../sqlite/sqlite-errors.ts';
import {
  createPredictionFile,
  modelPart,
  openPredictionFile,
  predictionFolder,
  predictionMode,
  predictionName,
  readPredictions,
  readRun,
} from './prediction-file.ts';

/** A file for each run, in a folder of the home. See `registry/FORMAT.md`. */
export function openPredictionStore(home: string): PredictionStore {
  const folder = join(home, predictionFolder);
  return {
    begin: () => beginDraft(home, folder),
    async *find({ model, keys }) {
      const part = modelPart(model);
      for (const { path, run } of await newestFirst(folder, (name) => name.startsWith(`${part}-`))) {
        // Different models can have the same part in their names.
        if (run.model !== model) continue;
        const predictions = await reading(path, (database) => readPredictions(database, keys));
        if (predictions !== undefined && predictions.length > 0) yield { run, predictions };
      }
    },
    async runs() {
      return (await newestFirst(folder, () => true)).map(({ run, keys }) => ({ run, keys }));
    },
    prune: ({ now, look }) => prune(folder, now, look),
    check: () => check(folder),
  };
}

async function beginDraft(home: string, folder: string): Promise<PredictionDraft> {
  await restorePassingFolders(home);
  await makeFolder(home, folder);
  const draft = join(home, 'tmp', `${processMark()}-${randomUUID()}`);
  const database = stored(() => createPredictionFile(draft));
  const insert = database.prepare<[string, string, number | null]>(
    `insert into predictions (key, prediction, score) values (?, ?, ?)
      on conflict (key) do update set prediction = excluded.prediction, score = excluded.score`,
  );
  const count = database.prepare('select count(*) from predictions').pluck();
  let added = 0;
  let place: string | undefined;
  const addAll = database.transaction((rows: Iterable<KeptPrediction>) => {
    for (const { key, prediction, score } of rows) {
      insert.run(key, prediction, score);
      added += 1;
    }
  });
  return {
    add: (rows) => stored(() => addAll(rows)),
    async complete(run) {
      const keys = stored(() => {
        const keys = count.get() as number;
        addRun(database, run, keys);
        database.close();
        return keys;
      });
      const name = predictionName(run);
      await guarded(`keep predictions in ${folder}`, async () => {
        await syncFile(draft);
        await rename(draft, join(folder, name));
        place = join(folder, name);
        const earlier = readPredictionName(name)?.run;
        for (const other of await namesIn(folder))
          if (other !== name && readPredictionName(other)?.run === earlier)
            await rm(join(folder, other), { force: true });
        await syncFolder(folder);
      });
      return { keys, duplicates: added - keys };
    },
    async discard() {
      database.close();
      await rm(place ?? draft, { force: true }).catch(() => undefined);
    },
  };
}

function addRun(database: Database.Database, run: KeptRun, keys: number): void {
  const { model, version, data, key, shard, at, until } = run;
  database
    .prepare('insert into run values (?, ?, ?, ?, ?, ?, ?, ?)')
    .run(model, version, data, key, shard, at, until, keys);
}

async function makeFolder(home: string, folder: string): Promise<void> {
  if (existsSync(folder)) return;
  await guarded(`create ${folder}`, async () => {
    const sharing = sharingOf(home);
    await mkdir(folder, { mode: folderModes[sharing] }).catch((error: unknown) => {
      if (!isErrno(error, 'EEXIST')) throw error;
    });
    // The umask of the process removes permissions that the group needs.
    if (sharing === 'group') await chmod(folder, folderModes.group).catch(() => undefined);
    await syncFolder(home);
    addToGitIgnore(home, `/${predictionFolder}/`);
  });
}

interface Complete {
  path: string;
  run: KeptRun;
  keys: number;
}

async function newestFirst(folder: string, isWanted: (name: string) => boolean): Promise<Complete[]> {
  const found: Complete[] = [];
  for (const name of await namesIn(folder)) {
    if (!isWanted(name) || readPredictionName(name) === undefined) continue;
    const path = join(folder, name);
    const read = await reading(path, readRun);
    if (read !== undefined) found.push({ path, ...read });
  }
  return found.sort((a, b) => b.run.at - a.run.at);
}

/** Undefined if the file is gone: its time is over, or a newer one took its place. */
async function reading<T>(path: string, read: (database: Database.Database) => T): Promise<T | undefined> {
  let database: Database.Database | undefined;
  try {
    database = openPredictionFile(path);
    return read(database);
  } catch (error) {
    if (!existsSync(path)) return undefined;
    if (!/^SQLITE_(?:CORRUPT|NOTADB)/.test(sqliteCode(error) ?? '')) throw asStoreError(error);
    throw new MlregError('INTEGRITY', `${quote(path)} is damaged`, {
      hint: 'restore it from a backup, or remove it: the predictions of that run are then lost',
      cause: error,
    });
  } finally {
    database?.close();
  }
}

/** A folder that is missing holds nothing: it is made when the first run is kept. */
async function namesIn(folder: string): Promise<string[]> {
  return guarded(`list ${folder}`, async () => {
    try {
      return (await readdir(folder)).toSorted();
    } catch (error) {
      if (isErrno(error, 'ENOENT')) return [];
      throw error;
    }
  });
}

async function prune(folder: string, now: number, look: boolean): Promise<Remains> {
  const remains: Remains = { files: 0, bytes: 0, paths: [] };
  for (const name of await namesIn(folder)) {
    const until = readPredictionName(name)?.until;
    if (until === undefined || until > now) continue;
    const path = join(folder, name);
    await guarded(`remove ${path}`, async () => {
      try {
        const { size } = await lstat(path);
        if (!look) await unlink(path);
        remains.files += 1;
        remains.bytes += size;
        remains.paths.push(`${predictionFolder}/${name}`);
      } catch (error) {
        if (!isErrno(error, 'ENOENT')) throw error;
      }
    });
  }
  return remains;
}

async function check(folder: string): Promise<{ subject: string; problem: string }[]> {
  const problems: { subject: string; problem: string }[] = [];
  for (const name of await namesIn(folder)) {
    if (readPredictionName(name) === undefined) continue;
    const subject = `${predictionFolder}/${name}`;
    try {
      const problem = await reading(join(folder, name), (database) => problemOf(database, name));
      if (problem !== undefined) problems.push({ subject, problem });
    } catch (error) {
      problems.push({ subject, problem: error instanceof Error ? error.message : String(error) });
    }
  }
  return problems;
}

function problemOf(database: Database.Database, name: string): string | undefined {
  const integrity = database.pragma('integrity_check(1)', { simple: true });
  if (integrity !== 'ok') return `damaged: ${String(integrity)}`;
  const { run, keys } = readRun(database);
  if (predictionName(run) !== name) return 'its name is not that of its run';
  const there = database.prepare('select count(*) from predictions').pluck().get();
  return there === keys ? undefined : `it has ${String(there)} keys, but ${keys} were kept`;
}

/** Copies the complete files, as they are at one moment, into another home. */
export async function copyPredictions(from: string, to: string): Promise<void> {
  const names = (await namesIn(join(from, predictionFolder))).filter(
    (name) => readPredictionName(name) !== undefined,
  );
  if (names.length === 0) return;
  const folder = join(to, predictionFolder);
  await makeFolder(to, folder);
  await guarded(`copy predictions to ${folder}`, async () => {
    for (const name of names) {
      const copy = join(folder, name);
      try {
        await copyFile(join(from, predictionFolder, name), copy, constants.COPYFILE_EXCL);
      } catch (error) {
        // Its time is over.
        if (isErrno(error, 'ENOENT')) continue;
        throw error;
      }
      await chmod(copy, predictionMode);
      await syncFile(copy);
    }
    await syncFolder(folder);
  });
}

function stored<T>(action: () => T): T {
  try {
    return action();
  } catch (error) {
    throw asStoreError(error);
  }
}
