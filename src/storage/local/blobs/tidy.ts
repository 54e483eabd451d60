import { lstat, opendir, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { digestOf, type Digest } from '../../../core/versions/artifact.ts';
import type { BlobStore, Remains } from '../../blob-store.ts';
import { isDraftName, isProbeName } from '../home/own-names.ts';
import { guarded, isErrno } from './fs-errors.ts';
import { isMarkOfDead, placeOfProcesses } from '../../../files/scratch.ts';
import { readMovedName } from './moved-blob.ts';

type Query = Parameters<BlobStore['tidy']>[0];
type Tidied = Awaited<ReturnType<BlobStore['tidy']>>;

/** Whether a file may be removed; `foreign`: its name is not one of ours. */
type Judge = (name: string, touchedAt: number) => boolean | 'foreign';

/** See `BlobStore.tidy`. If a file is gone when its turn comes, its owner has removed it. */
export async function tidy(home: string, query: Query): Promise<Tidied> {
  const { untouchedSince, takenBefore, spared, look } = query;
  const found: Tidied = { leftovers: nothing(), trash: nothing(), foreign: [] };
  if (untouchedSince !== undefined) {
    const place = placeOfProcesses();
    await sweep(home, 'tmp', look, found, found.leftovers, (name, touchedAt) =>
      isDraftName(name) ? isMarkOfDead(name, place) || touchedAt < untouchedSince : 'foreign',
    );
    // The only other files in blobs/ are those that doctor leaves when it is killed.
    await sweep(
      home,
      'blobs',
      look,
      { foreign: [] },
      found.leftovers,
      (name, touchedAt) => isProbeName(name) && touchedAt < untouchedSince,
    );
  }
  if (takenBefore !== undefined) {
    await sweep(home, 'trash', look, found, found.trash, (name) => {
      const aside = readMovedName(name);
      if (aside === undefined) return 'foreign';
      return aside.at < takenBefore && spared?.has(digestOf(aside.hex)) !== true;
    });
  }
  return found;
}

/** See `BlobStore.trashed`. */
export async function* listTrash(home: string): AsyncGenerator<Digest> {
  const trash = join(home, 'trash');
  const entries = await guarded(`list ${trash}`, () => unlessGone(opendir(trash)));
  for await (const { name } of entries ?? []) {
    const aside = readMovedName(name);
    if (aside !== undefined) yield digestOf(aside.hex);
  }
}

function nothing(): Remains {
  return { files: 0, bytes: 0, paths: [] };
}

async function sweep(
  home: string,
  folder: string,
  look: boolean,
  { foreign }: { foreign: string[] },
  remains: Remains,
  judge: Judge,
): Promise<void> {
  await guarded(`clean up ${join(home, folder)}`, async () => {
    // A missing folder holds nothing; it is made again when it is needed.
    for await (const { name } of (await unlessGone(opendir(join(home, folder)))) ?? []) {
      const path = join(home, folder, name);
      const stats = await unlessGone(lstat(path));
      if (stats === undefined) continue;
      const verdict = judge(name, stats.mtimeMs);
      // We make no folders there.
      if (verdict === 'foreign' || (verdict && !stats.isFile())) foreign.push(`${folder}/${name}`);
      else if (verdict) {
        // Removing a hard link to a blob frees no space; the size counted is that of the file.
        remains.files += 1;
        remains.bytes += stats.nlink > 1 ? 0 : stats.size;
        remains.paths.push(`${folder}/${name}`);
        if (!look) await unlessGone(unlink(path));
      }
    }
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
