import { chmod, link, rename, unlink, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import type { Digest } from '../../../core/versions/artifact.ts';
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

/**
 * Gives a staged copy its final name, or finds that the bytes are already stored: see
 * `StagedBlob.publish`.
 */
export async function publishBlob(publication: Publication): Promise<'created' | 'exists' | 'repaired'> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await attemptPublish(publication);
    } catch (error) {
      // A collector removed the blob while we looked at it: it is missing now, and the next attempt
      // stores it again.
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
    // Another process published the same bytes since the check. They were fsynced before they got
    // this name.
    if (isErrno(error, 'EEXIST')) return 'exists';
    throw error;
  }
  return 'created';
}

/** A collector keeps young blobs, so this makes the blob young again. */
async function renew({ path, target }: Publication): Promise<void> {
  const now = new Date();
  try {
    await utimes(target, now, now);
  } catch (error) {
    // Another user of a shared registry stored it, and only the owner of a file may change its
    // time: our copy replaces it.
    if (!isErrno(error, 'EPERM')) throw error;
    await seal(path);
    await replace(path, target);
  }
}

/** Replaces what is stored with the staged copy. The name is never missing in between. */
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
 * Moves what is stored to quarantine and puts the staged copy in its place. The name is never
 * missing in between. The stored file is read a second time first, under its new name: the first
 * read may have failed, or another process may have repaired it already.
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

/** A file must be durable and read-only before it gets a name in `blobs/`. */
async function seal(path: string): Promise<void> {
  await chmod(path, 0o444);
  await syncFile(path);
}
