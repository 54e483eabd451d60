import { chmod, link, opendir, rename, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { hexOf, type Digest } from '../../../core/versions/artifact.ts';
import type { BlobRepair } from '../../blob-store.ts';
import { guarded, isErrno } from './fs-errors.ts';
import { syncFile, syncFolder } from '../../../files/fsync.ts';
import { checkBlob } from './read-blob.ts';
import { movedPath, linkOrCopy, readMovedName } from './moved-blob.ts';

interface Place {
  home: string;
  /** The mark of the process, for the name of a copy: see `processMark`. */
  mark: string;
  signal: AbortSignal | undefined;
}

/** See `BlobStore.repair`. */
export async function repairBlob(place: Place, digest: Digest): Promise<BlobRepair> {
  const { home, signal } = place;
  const folder = join(home, 'blobs', 'sha256');
  const target = join(folder, hexOf(digest));
  const health = await checkBlob(target, digest, signal);
  if (health === 'sound') return 'sound';
  const kept = await findKept(place, digest);
  return guarded(`repair blob ${digest}`, async () => {
    const aside = health === 'corrupt' ? await moveAside(place, target, digest) : undefined;
    // Another process repaired it first: the file that was moved aside is sound, and is back in
    // place.
    if (aside === 'sound') return 'sound';
    if (kept === undefined) return aside === undefined ? 'missing' : 'set-aside';
    await putBack(kept, target, join(home, 'tmp', `${place.mark}-${hexOf(digest)}`));
    await syncFolder(folder);
    return 'restored';
  });
}

/** Sound bytes in the trash, or in quarantine if the disk reads them without errors by now. */
async function findKept({ home, signal }: Place, digest: Digest): Promise<string | undefined> {
  for (const folder of ['trash', 'quarantine']) {
    const path = join(home, folder);
    for await (const { name } of await guarded(`read ${path}`, () => opendir(path))) {
      if (readMovedName(name)?.hex !== hexOf(digest)) continue;
      if ((await checkBlob(join(path, name), digest, signal)) === 'sound') return join(path, name);
    }
  }
  return undefined;
}

/** Moves it to quarantine/ and reads it once more there, where no other process replaces it. */
async function moveAside(
  { home, signal }: Place,
  target: string,
  digest: Digest,
): Promise<'sound' | 'corrupt' | undefined> {
  const aside = movedPath(home, 'quarantine', digest);
  try {
    await rename(target, aside);
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return undefined;
    throw error;
  }
  if ((await checkBlob(aside, digest, signal)) === 'sound') {
    await giveName(aside, target);
    return 'sound';
  }
  await syncFolder(join(home, 'quarantine'));
  await syncFolder(join(home, 'blobs', 'sha256'));
  return 'corrupt';
}

async function putBack(kept: string, target: string, draft: string): Promise<void> {
  try {
    await linkOrCopy(kept, draft);
    await chmod(draft, 0o444).catch((error: unknown) => {
      // It belongs to another user, and has had its mode since it was stored.
      if (!isErrno(error, 'EPERM')) throw error;
    });
    await syncFile(draft);
    await giveName(draft, target);
  } finally {
    await unlink(draft).catch(() => undefined);
  }
}

async function giveName(path: string, target: string): Promise<void> {
  await link(path, target).catch((error: unknown) => {
    // Another process registered the same bytes and stored them already.
    if (!isErrno(error, 'EEXIST')) throw error;
  });
}
