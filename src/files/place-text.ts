import { lstat, open, readlink, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { MlregError } from '../core/errors.ts';
import { quote } from '../core/text/quote.ts';
import { draftIn, nameDraft, sweepDrafts } from './draft-file.ts';
import { syncFolder } from './fsync.ts';
import { asTargetError } from './path-errors.ts';

/**
 * Writes the file that `flag` named, through a draft beside it: under its name there is only ever
 * the complete text, durably. Also removes drafts of killed processes. With `replace`, follows a
 * link; a pipe or a device is written to directly. CONFLICT if the file exists and may not be
 * replaced, NOT_FOUND if its folder is missing, STORAGE if it cannot be written.
 */
export async function placeText(
  path: string,
  text: string,
  { flag, replace }: { flag: string; replace: boolean },
): Promise<void> {
  try {
    await place(path, text, replace);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'EEXIST') {
      throw new MlregError('CONFLICT', `${quote(path)} already exists; nothing was written`, {
        hint: 'use --force to replace it, or choose another file',
      });
    }
    if (code === 'ENOENT' || code === 'ENOTDIR') {
      throw new MlregError('NOT_FOUND', `the folder of ${quote(path)} does not exist`, {
        hint: 'create it first',
        cause,
      });
    }
    throw asTargetError(cause, path, `choose another file with ${flag} FILE`);
  }
}

async function place(path: string, text: string, replace: boolean): Promise<void> {
  const target = replace ? await followLinks(path) : path;
  const there = target === null ? undefined : await lstat(target).catch(() => undefined);
  if (there !== undefined && !replace) throw Object.assign(new Error(`${path} exists`), { code: 'EEXIST' });
  if (target === null || (there !== undefined && !there.isFile())) return writeFile(path, text);
  const folder = dirname(target);
  await sweepDrafts(folder);
  const draft = draftIn(folder);
  try {
    const file = await open(draft, 'wx');
    try {
      await file.writeFile(text);
      if (there !== undefined) await file.chmod(there.mode & 0o7777);
      await file.sync();
    } finally {
      await file.close();
    }
    if (replace) await rename(draft, target);
    else await nameDraft(draft, target);
  } catch (error) {
    await rm(draft, { force: true }).catch(() => undefined);
    throw error;
  }
  // A folder that is writable but not readable cannot be opened for this.
  await syncFolder(folder).catch(() => undefined);
}

/**
 * Where a chain of links ends, even if nothing exists there; null: at a file that a process has
 * open, such as /dev/stdout.
 */
async function followLinks(path: string): Promise<string | null> {
  let target = path;
  for (let links = 0; links < 40; links += 1) {
    const next = await readlink(target).catch(() => undefined);
    if (next === undefined) break;
    target = resolve(dirname(target), next);
    if (/^\/(?:proc|dev)\//.test(target)) return null;
  }
  return target;
}
