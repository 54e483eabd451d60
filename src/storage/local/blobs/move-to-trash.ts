import { lstat, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { notLater } from '../../../core/events/event.ts';
import { hexOf, type Digest } from '../../../core/versions/artifact.ts';
import { guarded, isErrno } from './fs-errors.ts';
import { movedPath } from './moved-blob.ts';

/** See `BlobStore.moveToTrash`. */
export async function moveToTrash(
  home: string,
  digest: Digest,
  unwantedSince: number,
  now: number,
): Promise<'taken' | 'young' | 'missing'> {
  const path = join(home, 'blobs', 'sha256', hexOf(digest));
  return guarded(`move blob ${digest} to trash/`, async () => {
    try {
      if (notLater((await lstat(path)).mtimeMs, now) > unwantedSince) return 'young';
      await rename(path, movedPath(home, 'trash', digest));
      return 'taken';
    } catch (error) {
      if (isErrno(error, 'ENOENT')) return 'missing';
      throw error;
    }
  });
}
