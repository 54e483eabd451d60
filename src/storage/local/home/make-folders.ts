import { chmod } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { MlregError } from '../../../core/errors.ts';
import { quote } from '../../../core/text/quote.ts';
import { blobFolders, createBlobFolders } from '../blobs/blob-folders.ts';
import { isErrno } from '../blobs/fs-errors.ts';
import { syncFolder } from '../../../files/fsync.ts';
import { makeFolder } from '../../../files/make-folder.ts';
import { keepOutOfGit } from './git-ignore.ts';
import { fileModes, folderModes, type Sharing } from './modes.ts';

/** Makes the folders of a new home; existing ones stay as they are. Returns warnings. */
export async function makeFolders(home: string, sharing: Sharing): Promise<string[]> {
  const mode = folderModes[sharing];
  try {
    await makeFolder(resolve(home), mode);
  } catch (error) {
    if (!isErrno(error, 'EEXIST') && !isErrno(error, 'ENOTDIR')) throw error;
    throw new MlregError(
      'INVALID_INPUT',
      `cannot create a registry at ${quote(home)}: a file is in the way`,
      {
        hint: 'use a folder: mlreg init DIR',
        cause: error,
      },
    );
  }
  await createBlobFolders(home, mode);
  // The umask of the process removes permissions from new folders, including those that the group
  // needs.
  if (sharing === 'group') for (const folder of ['.', ...blobFolders]) await chmod(join(home, folder), mode);
  // Every directory entry above the first blob, up to the folder that already existed.
  for (const folder of [join(home, 'blobs'), home, dirname(resolve(home))]) await syncFolder(folder);
  const warnings = keepOutOfGit(home);
  if (sharing === 'group') await chmod(join(home, '.gitignore'), fileModes.group).catch(() => undefined);
  return warnings;
}
