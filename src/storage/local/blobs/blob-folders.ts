import { existsSync } from 'node:fs';
import { chmod, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { folderModes, sharingOf } from '../home/modes.ts';
import { guarded, isErrno } from './fs-errors.ts';

/** Folders of a home that this adapter owns. */
export const blobFolders = ['blobs', 'blobs/sha256', 'tmp', 'trash', 'quarantine'] as const;

/** Those of them that never hold anything lasting. git does not keep them when they are empty. */
const passing = ['tmp', 'trash', 'quarantine'] as const;

export function isPassingFolder(name: string): boolean {
  return (passing as readonly string[]).includes(name);
}

/** Makes the folders of a new home; existing ones stay as they are. */
export async function createBlobFolders(home: string, mode: number): Promise<void> {
  for (const folder of blobFolders) await mkdir(join(home, folder), { recursive: true, mode });
}

/** Makes the `passing` folders again where they are missing, with the modes of a new home. */
export async function restorePassingFolders(home: string): Promise<void> {
  for (const name of passing) {
    const folder = join(home, name);
    if (existsSync(folder)) continue;
    await guarded(`create ${folder}`, async () => {
      const sharing = sharingOf(home);
      try {
        await mkdir(folder, { mode: folderModes[sharing] });
      } catch (error) {
        // Another process made it first.
        if (isErrno(error, 'EEXIST')) return;
        throw error;
      }
      // The umask of the process removes permissions that the group needs.
      if (sharing === 'group') await chmod(folder, folderModes.group);
    });
  }
}
