import { existsSync } from 'node:fs';
import { chmod, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { folderModes, sharingOf } from '../home/modes.ts';
import { guarded, isErrno } from './fs-errors.ts';

/** Folders of a home that this adapter owns. */
export const blobFolders = ['blobs', 'blobs/sha256', 'tmp', 'trash', 'quarantine'] as const;

/**
 * Of these, those in which nothing stays that is needed: git leaves them out where they are empty.
 */
const passing = ['tmp', 'trash', 'quarantine'] as const;

export function isPassingFolder(name: string): boolean {
  return (passing as readonly string[]).includes(name);
}

/** Makes the folders of a new home; those that are there stay as they are. */
export async function createBlobFolders(home: string, mode: number): Promise<void> {
  for (const folder of blobFolders) await mkdir(join(home, folder), { recursive: true, mode });
}

/**
 * Makes the folders again in which nothing stays, where they are missing, as those of a new home.
 */
export async function restorePassingFolders(home: string): Promise<void> {
  for (const name of passing) {
    const folder = join(home, name);
    if (existsSync(folder)) continue;
    await guarded(`create ${folder}`, async () => {
      const sharing = sharingOf(home);
      try {
        await mkdir(folder, { mode: folderModes[sharing] });
      } catch (error) {
        // Another process was quicker.
        if (isErrno(error, 'EEXIST')) return;
        throw error;
      }
      // The process's umask takes off what the group needs.
      if (sharing === 'group') await chmod(folder, folderModes.group);
    });
  }
}
