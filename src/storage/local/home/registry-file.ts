import { randomUUID } from 'node:crypto';
import { constants, readFileSync, statSync } from 'node:fs';
import { link, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { MlregError } from '../../../core/errors.ts';
import { quote } from '../../../core/text/quote.ts';
import { syncFolder } from '../../../files/fsync.ts';
import { asStorageError, isErrno } from '../blobs/fs-errors.ts';
import { fileModes, sharingOf } from './modes.ts';

/** The on-disk format that this code reads and writes: registry/FORMAT.md. */
export const formatVersion = 1;

/** `registry.json`, the first file that a program reads. */
export interface RegistryFile {
  formatVersion: number;
  id: string;
  createdAt: string;
}

/**
 * Undefined if there is no registry. Refuses a newer format before anything else is read. Read
 * synchronously, as the first step of every command: a round trip through the thread pool costs
 * more than reading the file.
 */
export function readRegistryFile(home: string): RegistryFile | undefined {
  const path = join(home, 'registry.json');
  let text: string;
  try {
    // Reading a pipe or a device might never end.
    if (!statSync(path).isFile()) throw noFile(path);
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if (isErrno(error, 'ENOENT') || isErrno(error, 'ENOTDIR')) return undefined;
    throw asStorageError(error, `read ${quote(path)}`);
  }
  const file = parse(text);
  if (file === undefined) {
    throw new MlregError('INTEGRITY', `${quote(path)} is damaged`, { hint: 'restore it from a backup' });
  }
  if (file.formatVersion <= formatVersion) return file;
  const formats = `format ${file.formatVersion}; this mlreg supports ${formatVersion}`;
  throw new MlregError('INVALID_INPUT', `the registry in ${quote(home)} has ${formats}`, {
    hint: 'upgrade mlreg; nothing was changed',
  });
}

function noFile(path: string): MlregError {
  return new MlregError('INTEGRITY', `${quote(path)} is not a regular file`, {
    hint: 'restore registry.json from a backup',
  });
}

function parse(text: string): RegistryFile | undefined {
  try {
    const { formatVersion: format, id, createdAt } = JSON.parse(text) as Partial<RegistryFile>;
    if (!Number.isSafeInteger(format) || typeof id !== 'string' || typeof createdAt !== 'string')
      return undefined;
    return { formatVersion: Number(format), id, createdAt };
  } catch {
    return undefined;
  }
}

/**
 * Written to another file, fsynced and linked, so that it is complete or absent. False if another
 * process was first.
 */
export async function writeRegistryFile(
  home: string,
  file: Omit<RegistryFile, 'formatVersion'>,
): Promise<boolean> {
  const draft = join(home, 'tmp', `registry-${randomUUID()}`);
  try {
    const handle = await open(draft, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o600);
    await handle.chmod(fileModes[sharingOf(home)]);
    await handle.writeFile(`${JSON.stringify({ formatVersion, ...file }, null, 2)}\n`);
    await handle.sync();
    await handle.close();
    await link(draft, join(home, 'registry.json'));
    await syncFolder(home);
    return true;
  } catch (error) {
    if (isErrno(error, 'EEXIST')) return false;
    throw error;
  } finally {
    await rm(draft, { force: true });
  }
}
