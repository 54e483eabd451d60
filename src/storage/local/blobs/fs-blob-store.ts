import { lstat, opendir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { digestOf, hexOf, isDigest, type Digest } from '../../../core/versions/artifact.ts';
import { MlregError } from '../../../core/errors.ts';
import { quote } from '../../../core/text/quote.ts';
import type { BlobStore, StoredBlob } from '../../blob-store.ts';
import { restorePassingFolders } from './blob-folders.ts';
import { guarded, isErrno } from './fs-errors.ts';
import { syncFolder } from '../../../files/fsync.ts';
import { isBlobName } from '../home/own-names.ts';
import { processMark } from '../../../files/scratch.ts';
import { checkBlob, damaged, readBlob } from './read-blob.ts';
import { repairBlob } from './repair-blob.ts';
import { stageBlob } from './stage-blob.ts';
import { moveToTrash } from './move-to-trash.ts';
import { listTrash, tidy } from './tidy.ts';

/**
 * Blobs as files `blobs/sha256/<hex>`, mode 0444, on one local file system. A blob is copied into
 * `tmp/`, fsynced, and linked to its final name, so that the final name only ever refers to
 * complete, durable bytes.
 */
export function openFsBlobStore(home: string, signal?: AbortSignal): BlobStore {
  const folder = join(home, 'blobs', 'sha256');
  const pathOf = (digest: Digest): string => {
    // A digest from a damaged row could be any path, or not even text.
    if (!isDigest(digest)) throw noDigest(digest);
    return join(folder, hexOf(digest));
  };
  // Only needed to store something.
  let mark: string | undefined;
  const ownMark = (): string => (mark ??= processMark());
  return {
    stage: async (content, onBytes) => {
      await restorePassingFolders(home);
      return stageBlob({ home, mark: ownMark(), signal }, content, onBytes);
    },
    sync: () => guarded(`sync ${folder}`, () => syncFolder(folder)),
    read: (digest) => readBlob(pathOf(digest), digest, signal),
    locate: (digest) =>
      guarded(`stat blob ${digest}`, async () => {
        const path = pathOf(digest);
        const found = await lstat(path).catch((error: unknown) => {
          if (isErrno(error, 'ENOENT')) return undefined;
          throw error;
        });
        if (found?.isFile() !== true)
          throw damaged(digest, found === undefined ? 'is missing' : 'is not a file');
        return path;
      }),
    check: async (digest) => checkBlob(pathOf(digest), digest, signal),
    size: (digest) =>
      guarded(`stat blob ${digest}`, async () => {
        try {
          return (await stat(pathOf(digest))).size;
        } catch (error) {
          if (isErrno(error, 'ENOENT')) return undefined;
          throw error;
        }
      }),
    list: () => list(folder),
    repair: async (digest) => {
      await restorePassingFolders(home);
      return repairBlob({ home, mark: ownMark(), signal }, digest);
    },
    moveToTrash: async (digest, unwantedSince, now = Infinity) => {
      await restorePassingFolders(home);
      return moveToTrash(home, digest, unwantedSince, now);
    },
    tidy: (query) => tidy(home, query),
    trashed: () => listTrash(home),
  };
}

function noDigest(found: unknown): MlregError {
  return new MlregError(
    'INTEGRITY',
    `a database row refers to blob ${quote(String(found))}, which is not a digest`,
    {
      hint: 'run mlreg verify to list all damage; restore damaged rows from a backup',
    },
  );
}

async function* list(folder: string): AsyncGenerator<StoredBlob> {
  const entries = await guarded(`list ${folder}`, () => opendir(folder));
  for await (const { name } of entries) {
    if (!isBlobName(name)) continue;
    const blob = await guarded(`stat blob ${name}`, () => look(join(folder, name)));
    if (blob !== undefined) yield { digest: digestOf(name), ...blob };
  }
}

async function look(path: string): Promise<{ size: number; wantedAt: number } | undefined> {
  try {
    const { size, mtimeMs } = await lstat(path);
    return { size, wantedAt: mtimeMs };
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return undefined;
    throw error;
  }
}
