import { constants, existsSync } from 'node:fs';
import { type FileHandle, lstat, open, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { MlregError } from '../core/errors.ts';
import { quote } from '../core/text/quote.ts';
import { draftIn, nameDraft, sweepDrafts } from './draft-file.ts';
import { syncFolder } from './fsync.ts';
import { openPipe } from './open-pipe.ts';
import { asTargetError } from './path-errors.ts';

/** A file that is being written, and appears under its name only when it is complete. */
export interface OutputFile {
  /** Open for writing. */
  descriptor: number;
  /** Writes all of a text. */
  write(text: string): Promise<void>;
  /** Makes it durable and gives it its name. CONFLICT if the name was taken meanwhile. */
  finish(): Promise<void>;
  /** Removes it; without effect once it is finished. */
  discard(): Promise<void>;
}

/**
 * Starts a file at `path`, and removes what killed processes left beside it. A device or a pipe, such
 * as /dev/null, is written directly; of a named pipe, the reader is waited for until `signal` is
 * aborted. `flag` is named in hints. CONFLICT if something is there, except
 * a file with `force`; NOT_FOUND if there is no such folder; STORAGE if it cannot be written.
 */
export async function startOutputFile(
  path: string,
  force: boolean,
  flag: string,
  signal?: AbortSignal,
): Promise<OutputFile> {
  const elsewhere = `choose another file with ${flag}`;
  try {
    const stats = await lstat(path).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined;
      throw error;
    });
    // Through links: /dev/stdout is one.
    const target = stats && (await stat(path).catch(() => undefined));
    if (target?.isFIFO() === true) return direct(await openPipe(path, 'write', signal), path, elsewhere);
    if (target?.isCharacterDevice() === true)
      return direct(await open(path, constants.O_WRONLY), path, elsewhere);
    if (stats !== undefined && !(force && stats.isFile())) throw exists(path, stats.isFile(), elsewhere);
    await sweepDrafts(dirname(path));
    const draft = draftIn(dirname(path));
    const handle = await open(draft, 'wx');
    return drafted(handle, draft, path, force, elsewhere);
  } catch (error) {
    throw targetError(error, path, elsewhere);
  }
}

function direct(handle: FileHandle, path: string, elsewhere: string): OutputFile {
  return {
    descriptor: handle.fd,
    write: (text) => writeAll(handle, text, path, elsewhere),
    finish: () => handle.close(),
    discard: () => handle.close(),
  };
}

async function writeAll(handle: FileHandle, text: string, path: string, elsewhere: string): Promise<void> {
  try {
    await handle.writeFile(text);
  } catch (error) {
    throw targetError(error, path, elsewhere);
  }
}

function drafted(
  handle: FileHandle,
  draft: string,
  path: string,
  replace: boolean,
  elsewhere: string,
): OutputFile {
  let closed = false;
  const close = async (): Promise<void> => {
    if (closed) return;
    closed = true;
    await handle.close();
  };
  const discard = async (): Promise<void> => {
    await close();
    await rm(draft, { force: true });
  };
  return {
    descriptor: handle.fd,
    write: (text) => writeAll(handle, text, path, elsewhere),
    discard,
    async finish() {
      try {
        await handle.sync();
        await close();
        if (replace) await rename(draft, path);
        else await nameDraft(draft, path);
        await syncFolder(dirname(path));
      } catch (error) {
        await discard();
        throw targetError(error, path, elsewhere);
      }
    },
  };
}

function exists(path: string, replaceable: boolean, elsewhere: string): MlregError {
  return new MlregError('CONFLICT', `${quote(path)} already exists; nothing was written`, {
    hint: replaceable ? `use --force to replace it, or ${elsewhere}` : elsewhere,
  });
}

function targetError(error: unknown, path: string, elsewhere: string): unknown {
  const code: unknown = error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
  if (code === 'EEXIST') return exists(path, true, elsewhere);
  if ((code === 'ENOENT' || code === 'ENOTDIR') && !existsSync(dirname(path))) {
    return new MlregError('NOT_FOUND', `folder ${quote(dirname(path))} does not exist`, {
      hint: 'create it first: mkdir -p',
      cause: error,
    });
  }
  return asTargetError(error, path, elsewhere);
}
