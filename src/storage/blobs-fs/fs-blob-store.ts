import { createHash, randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import {
  chmod,
  copyFile,
  link,
  mkdir,
  open,
  opendir,
  rename,
  stat,
  unlink,
  utimes,
  type FileHandle,
} from 'node:fs/promises';
import { join } from 'node:path';
import { digestOf, hexOf, type Digest } from '../../core/digest.ts';
import { MlregError } from '../../core/errors.ts';
import type { BlobHealth, BlobStore, StagedBlob } from '../blob-store.ts';
import { asStorageError, isErrno } from './fs-errors.ts';

const chunkBytes = 1024 * 1024;

/** Folders of a home that this adapter owns. */
export const blobFolders = ['blobs', 'blobs/sha256', 'tmp', 'trash', 'quarantine'] as const;

/**
 * Blobs as files `blobs/sha256/<hex>`, mode 0444, on one local file system. A blob is copied into `tmp/`, fsynced,
 * and linked to its final name, so that the name never stands for anything but whole, durable bytes.
 */
export function openFsBlobStore(home: string, signal?: AbortSignal): BlobStore {
  const folder = join(home, 'blobs', 'sha256');
  const pathOf = (digest: Digest): string => join(folder, hexOf(digest));
  return {
    stage: (content, onBytes) => stage(home, content, onBytes, signal),
    sync: () => guarded(`sync ${folder}`, () => syncFolder(folder)),
    read: (digest) => read(pathOf(digest), digest, signal),
    check: (digest) => check(pathOf(digest), digest, signal),
    size: (digest) =>
      guarded(`look at blob ${digest}`, async () => {
        try {
          return (await stat(pathOf(digest))).size;
        } catch (error) {
          if (isErrno(error, 'ENOENT')) return undefined;
          throw error;
        }
      }),
    list: () => list(folder),
  };
}

/** Makes the folders of a new home; those that are there stay as they are. */
export async function createBlobFolders(home: string, mode: number): Promise<void> {
  for (const folder of blobFolders) await mkdir(join(home, folder), { recursive: true, mode });
}

async function stage(
  home: string,
  content: AsyncIterable<Uint8Array>,
  onBytes: ((count: number) => void) | undefined,
  signal: AbortSignal | undefined,
): Promise<StagedBlob> {
  const path = join(home, 'tmp', `${process.pid}-${randomUUID()}`);
  const hash = createHash('sha256');
  let size = 0;
  await guarded('copy into the registry', async () => {
    const file = await open(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o600);
    try {
      for await (const chunk of content) {
        hash.update(chunk);
        await writeAll(file, chunk);
        size += chunk.length;
        onBytes?.(chunk.length);
      }
    } catch (error) {
      await removeQuietly(path);
      throw error;
    } finally {
      await file.close();
    }
  });
  const digest = digestOf(hash.digest('hex'));
  const target = join(home, 'blobs', 'sha256', hexOf(digest));
  return {
    digest,
    size,
    path,
    publish: () =>
      guarded(`store blob ${digest}`, () => publish({ home, path, target, digest, size, signal })),
    discard: () => removeQuietly(path),
  };
}

interface Publication {
  home: string;
  path: string;
  target: string;
  digest: Digest;
  size: number;
  signal: AbortSignal | undefined;
}

async function publish(publication: Publication): Promise<'created' | 'exists' | 'repaired'> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await attemptPublish(publication);
    } catch (error) {
      // A collector took the blob between two looks at it: then it is missing, and the next round puts it there.
      if (!isErrno(error, 'ENOENT') || attempt === 3) throw error;
    }
  }
}

async function attemptPublish(publication: Publication): Promise<'created' | 'exists' | 'repaired'> {
  const { path, target, digest, size, signal } = publication;
  const found = await check(target, digest, signal, size);
  if (found === 'sound') {
    await renew(publication);
    return 'exists';
  }
  await syncFile(path);
  if (found === 'corrupt') return repair(publication);
  try {
    await link(path, target);
  } catch (error) {
    // Another process published the same bytes since the check; they were fsynced before they got this name.
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
    // Another user of a shared registry stored it, and only its owner may change its time: our copy takes its place.
    if (!isErrno(error, 'EPERM')) throw error;
    await syncFile(path);
    await replace(path, target);
  }
}

/** Puts the staged copy in the place of what is stored, without a moment in which there is nothing. */
async function replace(path: string, target: string): Promise<void> {
  const copy = `${path}-copy`;
  await link(path, copy);
  await rename(copy, target);
}

/** A second name for what is stored. Where the system allows that only to its owner, a copy. */
async function setAside(target: string, aside: string): Promise<void> {
  try {
    await link(target, aside);
  } catch (error) {
    if (!isErrno(error, 'EPERM')) throw error;
    await copyFile(target, aside, constants.COPYFILE_EXCL);
  }
}

/**
 * Sets what is stored aside and puts the staged copy in its place, without a moment in which there is nothing. It is
 * read a second time first, under its new name: the first read may have failed, or another process was quicker.
 */
async function repair({
  home,
  path,
  target,
  digest,
  size,
  signal,
}: Publication): Promise<'exists' | 'repaired'> {
  const aside = join(home, 'quarantine', `${hexOf(digest)}-${Date.now()}-${randomUUID().slice(0, 8)}`);
  await setAside(target, aside);
  if ((await check(aside, digest, signal, size)) === 'sound') {
    await unlink(aside);
    return 'exists';
  }
  await syncFolder(join(home, 'quarantine'));
  await replace(path, target);
  return 'repaired';
}

/** Size first, then every byte. */
async function check(
  path: string,
  digest: Digest,
  signal: AbortSignal | undefined,
  size?: number,
): Promise<BlobHealth> {
  return guarded(`read blob ${digest}`, async () => {
    let file: FileHandle;
    try {
      file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
    } catch (error) {
      if (isErrno(error, 'ENOENT')) return 'missing';
      // A symbolic link: its bytes, whatever they are, are not in the store.
      if (isErrno(error, 'ELOOP')) return 'corrupt';
      throw error;
    }
    try {
      if (size !== undefined && (await file.stat()).size !== size) return 'corrupt';
      const hash = createHash('sha256');
      for await (const chunk of chunksOf(file, signal)) hash.update(chunk);
      return digestOf(hash.digest('hex')) === digest ? 'sound' : 'corrupt';
    } finally {
      await file.close();
    }
  });
}

async function* read(path: string, digest: Digest, signal?: AbortSignal): AsyncGenerator<Uint8Array> {
  let file: FileHandle;
  try {
    file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  } catch (error) {
    if (isErrno(error, 'ENOENT')) throw damaged(digest, 'is missing', error);
    if (isErrno(error, 'ELOOP')) throw damaged(digest, 'was replaced by a symbolic link', error);
    throw asStorageError(error, `read blob ${digest}`);
  }
  const hash = createHash('sha256');
  try {
    for await (const chunk of chunksOf(file, signal)) {
      hash.update(chunk);
      yield chunk;
    }
  } catch (error) {
    throw asStorageError(error, `read blob ${digest}`);
  } finally {
    await file.close();
  }
  if (digestOf(hash.digest('hex')) !== digest)
    throw damaged(digest, 'does not hold the bytes that were stored');
}

async function* list(folder: string): AsyncGenerator<Digest> {
  const entries = await guarded(`list ${folder}`, () => opendir(folder));
  for await (const entry of entries) if (/^[0-9a-f]{64}$/.test(entry.name)) yield digestOf(entry.name);
}

/** Chunks are views of one buffer: use each before asking for the next. */
async function* chunksOf(file: FileHandle, signal?: AbortSignal): AsyncGenerator<Uint8Array> {
  const buffer = Buffer.allocUnsafe(chunkBytes);
  for (;;) {
    signal?.throwIfAborted();
    const { bytesRead } = await file.read(buffer, 0, buffer.length, null);
    if (bytesRead === 0) return;
    yield buffer.subarray(0, bytesRead);
  }
}

async function writeAll(file: FileHandle, chunk: Uint8Array): Promise<void> {
  let written = 0;
  while (written < chunk.length) {
    written += (await file.write(chunk, written, chunk.length - written, null)).bytesWritten;
  }
}

async function syncFile(path: string): Promise<void> {
  await chmod(path, 0o444);
  const file = await open(path, constants.O_RDONLY);
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Makes the names in a folder durable. Windows cannot open folders and needs no such call. */
export async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return;
  const folder = await open(path, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

async function removeQuietly(path: string): Promise<void> {
  // A leftover in tmp/ costs space, not correctness; collecting garbage removes it.
  await unlink(path).catch(() => undefined);
}

async function guarded<T>(what: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    throw asStorageError(error, what);
  }
}

function damaged(digest: Digest, how: string, cause?: unknown): MlregError {
  return new MlregError('INTEGRITY', `blob ${digest} ${how}`, {
    hint: 'mlreg verify lists all damage; registering the same file with the same metadata again repairs a blob',
    details: { digest },
    cause,
  });
}
