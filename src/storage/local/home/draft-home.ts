import { chmod, mkdir, mkdtemp, readdir, rename, rm, rmdir } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { MlregError } from '../../../core/errors.ts';
import { quote } from '../../../core/text/quote.ts';
import { asStorageError, guarded, isErrno } from '../blobs/fs-errors.ts';
import { syncFolder } from '../../../files/fsync.ts';
import type { Head } from '../../head.ts';
import { makeFolder } from '../../../files/make-folder.ts';
import { writeHead } from './head-file.ts';
import { makeFolders } from './make-folders.ts';
import { fileModes, type Sharing } from './modes.ts';
import { writeRegistryFile } from './registry-file.ts';

/** A home in the making, beside its final place, so that no process takes it for a complete one. */
export interface HomeDraft {
  /** The folder that is being filled; it has its own subfolders and nothing else. */
  readonly home: string;
  /** Writes which registry it is. The database must exist; after this the home can be opened. */
  identify(registry: { id: string; createdAt: number }): Promise<void>;
  /** Notes where the chain ends, and gives the home its final name, durably. It must be closed. */
  complete(head: Head): Promise<void>;
  /** Removes the draft without a trace. Never rejects. */
  discard(): Promise<void>;
}

/**
 * Begins a home that will be `directory`; until it is complete it is `directory.partial-XXXXXX`.
 * CONFLICT if `directory` is not empty, INVALID_INPUT if it is not a folder that can be replaced.
 * `group`: the folder's group may use it.
 */
export async function draftHome(directory: string, sharing: Sharing = 'owner'): Promise<HomeDraft> {
  const place = resolve(directory);
  const wasThere = await removeEmpty(place, directory);
  const home = await guarded(`create a folder next to ${quote(directory)}`, async () => {
    await makeFolder(dirname(place));
    return mkdtemp(`${place}.partial-`);
  });
  const discard = async (): Promise<void> => {
    await rm(home, { recursive: true, force: true }).catch(() => undefined);
    if (wasThere) await mkdir(place).catch(() => undefined);
  };
  try {
    await makeFolders(home, sharing);
  } catch (error) {
    await discard();
    throw asStorageError(error, `create ${quote(directory)}`);
  }
  return {
    home,
    async identify({ id, createdAt }) {
      await chmod(join(home, 'mlreg.db'), fileModes[sharing]);
      await syncFolder(home);
      await writeRegistryFile(home, { id, createdAt: new Date(createdAt).toISOString() });
    },
    complete: (head) =>
      guarded(`rename the finished backup to ${quote(directory)}`, async () => {
        writeHead(home, head, true);
        await syncFolder(join(home, 'blobs', 'sha256'));
        await syncFolder(home);
        try {
          await rename(home, place);
        } catch (error) {
          if (isErrno(error, 'ENOTEMPTY') || isErrno(error, 'EEXIST') || isErrno(error, 'ENOTDIR'))
            throw inTheWay(directory);
          throw error;
        }
        await syncFolder(dirname(place));
      }),
    discard,
  };
}

/** Removes an empty folder that is in the way; true if there was one. */
async function removeEmpty(place: string, directory: string): Promise<boolean> {
  try {
    await rmdir(place);
    return true;
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return false;
    if (isErrno(error, 'ENOTDIR')) {
      throw new MlregError('INVALID_INPUT', `cannot back up to ${quote(directory)}: a file is in the way`, {
        hint: 'use a folder that does not exist yet',
        cause: error,
      });
    }
    const entries = await readdir(place).catch(() => []);
    if (entries.length > 0) throw inTheWay(directory);
    // A mount point, or a working folder on Windows.
    throw new MlregError('INVALID_INPUT', `cannot replace ${quote(directory)} with the finished backup`, {
      hint: `use a folder inside it: ${join(directory, 'registry')}`,
      cause: error,
    });
  }
}

function inTheWay(directory: string): MlregError {
  return new MlregError('CONFLICT', `${quote(directory)} is not empty; nothing was changed`, {
    hint: 'use a new or empty folder for each backup',
  });
}
