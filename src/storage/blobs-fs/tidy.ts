import { lstat, opendir, rmdir, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { BlobStore, Remains } from '../blob-store.ts';
import { guarded, isErrno } from './fs-errors.ts';
import { isMarkOfDead, placeOfProcesses } from '../process-mark.ts';
import { readAsideName } from './set-aside.ts';

type Query = Parameters<BlobStore['tidy']>[0];

/** See `BlobStore.tidy`. What is no longer there when its turn comes has been removed by its owner. */
export async function tidy(home: string, query: Query): Promise<{ leftovers: Remains; takenOut: Remains }> {
  const place = placeOfProcesses();
  const leftovers = await sweep(
    join(home, 'tmp'),
    query.look,
    (name, touchedAt) => isMarkOfDead(name, place) || touchedAt < query.untouchedSince,
  );
  const takenOut = await sweep(
    join(home, 'trash'),
    query.look,
    (name, touchedAt) => (readAsideName(name)?.at ?? touchedAt) < query.takenBefore,
  );
  return { leftovers, takenOut };
}

async function sweep(
  folder: string,
  look: boolean,
  isDone: (name: string, touchedAt: number) => boolean,
): Promise<Remains> {
  const remains = { files: 0, bytes: 0 };
  await guarded(`tidy up ${folder}`, async () => {
    // One that is missing holds nothing; who needs it makes it.
    for await (const { name } of (await unlessGone(opendir(folder))) ?? []) {
      const path = join(folder, name);
      const stats = await unlessGone(lstat(path));
      if (stats === undefined || !isDone(name, stats.mtimeMs)) continue;
      if (stats.isDirectory()) {
        if (!look) await removeEmpty(path);
        continue;
      }
      // A hard link to a blob gives nothing back; what is counted is what the name stands for.
      remains.files += 1;
      remains.bytes += stats.nlink > 1 ? 0 : stats.size;
      if (!look) await unlessGone(unlink(path));
    }
  });
  return remains;
}

async function removeEmpty(path: string): Promise<void> {
  await rmdir(path).catch((error: unknown) => {
    if (!['ENOTEMPTY', 'EEXIST', 'ENOENT'].some((code) => isErrno(error, code))) throw error;
  });
}

async function unlessGone<T>(action: Promise<T>): Promise<T | undefined> {
  try {
    return await action;
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return undefined;
    throw error;
  }
}
