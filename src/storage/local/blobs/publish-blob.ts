import { chmod, link, rename, unlink, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import type { Digest } from '../../../core/versions/digest.ts';
import { isErrno } from './fs-errors.ts';
import { syncFile, syncFolder } from '../../../files/fsync.ts';
import { checkBlob } from './read-blob.ts';
import { movedPath, linkOrCopy } from './moved-blob.ts';

interface Publication {
  home: string;
  path: string;
  target: string;
  digest: Digest;
  size: number;
  signal: AbortSignal | undefined;
}

/** Gives a staged copy its name, or finds that the bytes are there: see `StagedBlob.publish`. */
export async function publishBlob(publication: Publication): Promise<'created' | 'exists' | 'repaired'> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await attemptPublish(publication);
    } catch (error) {
      // A collector took the blob between two looks at it: then it is missing, and the next round
      // puts it there.
      if (!isErrno(error, 'ENOENT') || attempt === 3) throw error;
    }
  }
}

async function attemptPublish(publication: Publication): Promise<'created' | 'exists' | 'repaired'> {
  const { path, target, digest, size, signal } = publication;
  const found = await checkBlob(target, digest, signal, size);
  if (found === 'sound') {
    await renew(publication);
    return 'exists';
  }
  await seal(path);
  if (found === 'corrupt') return repair(publication);
  try {
    await link(path, target);
  } catch (error) {
    // Another process published the same bytes since the check; they were fsynced before they got
    // this name.
    if (isErrno(error, 'EEXIST')) return 'exists';
    throw error;
  }
  return 'created';
}

/** A collector spares young blobs: this one is wanted again. */
async function renew({ path, target }: Publication): Promise<void> {
  const now = new Date();
  try {
    await utimes(target, now, now);
  } catch (error) {
    // Another user of a shared registry stored it, and only its owner may change its time: our copy
    // takes its place.
    if (!isErrno(error, 'EPERM')) throw error;
    await seal(path);
    await replace(path, target);
  }
}

/**
 * Puts the staged copy in the place of what is stored, without a moment in which there is nothing.
 */
async function replace(path: string, target: string): Promise<void> {
  const copy = `${path}-copy`;
  await link(path, copy);
  try {
    await rename(copy, target);
  } catch (error) {
    await unlink(copy).catch(() => undefined);
    throw error;
  }
}

/**
 * Sets what is stored aside and puts the staged copy in its place, without a moment in which there
 * is nothing. It is read a second time first, under its new name: the first read may have failed,
 * or another process was quicker.
 */
async function repair({
  home,
  path,
  target,
  digest,
  size,
  signal,
}: Publication): Promise<'exists' | 'repaired'> {
  const aside = movedPath(home, 'quarantine', digest);
  await linkOrCopy(target, aside);
  if ((await checkBlob(aside, digest, signal, size)) === 'sound') {
    await unlink(aside);
    return 'exists';
  }
  await syncFolder(join(home, 'quarantine'));
  await replace(path, target);
  return 'repaired';
}

/** What gets a name in `blobs/` is durable, and nobody writes to it again. */
async function seal(path: string): Promise<void> {
  await chmod(path, 0o444);
  await syncFile(path);
}
