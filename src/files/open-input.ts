import { constants } from 'node:fs';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { MlregError } from '../core/errors.ts';
import { quote } from '../core/text/quote.ts';
import { openPipe } from './open-pipe.ts';
import { asSourceError } from './path-errors.ts';

/** A file or pipe of the user, open for reading from start to end. */
export interface OpenInput {
  handle: FileHandle;
  /** Null: a pipe or a device does not tell. */
  size: number | null;
}

/**
 * Opens what a user names for reading: a file, or a pipe, such as `<(zcat x.gz)` of a shell, whose
 * writer is waited for until `signal` is aborted. NOT_FOUND if it does not exist, INVALID_INPUT for a folder, STORAGE if it cannot be
 * read.
 */
export async function openInput(path: string, signal?: AbortSignal): Promise<OpenInput> {
  try {
    const isPipe = (await stat(path)).isFIFO();
    const handle = isPipe
      ? await openPipe(path, 'read', signal)
      : await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const stats = await handle.stat();
    if (!stats.isDirectory()) return { handle, size: stats.isFile() ? stats.size : null };
    await handle.close();
  } catch (error) {
    throw asSourceError(error, path);
  }
  throw new MlregError('INVALID_INPUT', `${quote(path)} is a folder`, { hint: 'name a file' });
}
