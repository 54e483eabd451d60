import { randomUUID } from 'node:crypto';
import {
  chmodSync,
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  mkdirSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { quote } from '../../../core/text/quote.ts';
import { asStorageError, isErrno } from '../blobs/fs-errors.ts';
import type { Head } from '../../head.ts';
import { addToGitIgnore } from './git-ignore.ts';
import { fileModes, folderModes, sharingOf } from './modes.ts';

const mostBytes = 1024;

/**
 * What the file `head` of a home says: the last event that was committed there, or an earlier one.
 * Undefined if there is no such file (earlier versions wrote none) or it is empty (after a power
 * cut).
 */
export function readHead(home: string): Head | undefined {
  const path = join(home, 'head');
  try {
    // Reading a pipe might never end.
    const file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      if (!fstatSync(file).isFile()) return undefined;
      const bytes = Buffer.alloc(mostBytes);
      return parse(bytes.toString('utf8', 0, readSync(file, bytes, 0, mostBytes, 0)));
    } finally {
      closeSync(file);
    }
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return undefined;
    throw asStorageError(error, `read ${quote(path)}`);
  }
}

function parse(text: string): Head | undefined {
  try {
    const { seq, hash } = JSON.parse(text) as Partial<Head>;
    const isHead = Number.isSafeInteger(seq) && typeof hash === 'string' && /^[0-9a-f]{64}$/.test(hash);
    return isHead ? { seq: Number(seq), hash } : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Written to another file and renamed, so that it is either the new file or the old one. Not
 * synced: it may lag behind the database, which is synced. `isFirst`: no `head` existed here.
 */
export function writeHead(home: string, { seq, hash }: Head, isFirst: boolean): void {
  const mode = modeOfDatabase(home);
  const draft = join(home, 'tmp', `head-${randomUUID()}`);
  const file = openDraft(home, draft);
  try {
    try {
      if (mode !== fileModes.owner) fchmodSync(file, mode);
      writeSync(file, `${JSON.stringify({ seq, hash })}\n`);
    } finally {
      closeSync(file);
    }
    renameSync(draft, join(home, 'head'));
  } catch (error) {
    rmSync(draft, { force: true });
    throw error;
  }
  // Earlier versions did not know this file.
  if (isFirst) addToGitIgnore(home, '/head');
}

/**
 * The mode of the database: anyone who may read the rows may read this note about them, even after
 * somebody changed the modes by hand.
 */
function modeOfDatabase(home: string): number {
  const found = statSync(join(home, 'mlreg.db'), { throwIfNoEntry: false });
  return found === undefined ? fileModes[sharingOf(home)] : found.mode & 0o777;
}

function openDraft(home: string, draft: string): number {
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL;
  try {
    return openSync(draft, flags, fileModes.owner);
  } catch (error) {
    if (!isErrno(error, 'ENOENT')) throw error;
    // git does not keep empty folders.
    const sharing = sharingOf(home);
    mkdirSync(join(home, 'tmp'), { mode: folderModes[sharing], recursive: true });
    if (sharing === 'group') chmodSync(join(home, 'tmp'), folderModes.group);
    return openSync(draft, flags, fileModes.owner);
  }
}
