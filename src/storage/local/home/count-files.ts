import { lstat, opendir } from 'node:fs/promises';
import { join } from 'node:path';
import { shellWord } from '../../../core/text/quote.ts';
import { counted } from '../../../core/text/numbers.ts';
import { type Finding, failure } from '../../diagnosis.ts';
import { asStorageError, isErrno } from '../blobs/fs-errors.ts';
import { isAsideName, isDraftName } from './own-names.ts';

const dayMs = 24 * 3600e3;

/** What is in the folders that only a collector or a person empties. */
export async function countLeftovers(home: string, now = Date.now()): Promise<Finding[]> {
  const folder = (name: string): string => shellWord(join(home, name));
  return [
    await finding(home, 'tmp', 'leftovers', {
      before: now - dayMs,
      own: isDraftName,
      files: 'files older than a day',
      advice: 'leftovers of killed processes',
      command: 'gc --yes',
    }),
    await finding(home, 'quarantine', 'quarantine', {
      own: isAsideName,
      files: 'damaged files',
      advice: `check the disk: it may damage more files; then rm ${folder('quarantine')}/*-*`,
    }),
    await finding(home, 'trash', 'trash', { own: isAsideName, files: 'collected files' }),
  ];
}

async function finding(
  home: string,
  name: string,
  check: string,
  {
    before = Infinity,
    own,
    files,
    ...help
  }: {
    before?: number;
    own: (name: string) => boolean;
    files: string;
    advice?: string;
    command?: string;
  },
): Promise<Finding> {
  const base = { check, about: 'home' } as const;
  try {
    const { number, bytes } = await count(join(home, name), { before, own });
    if (number === 0) return { ...base, status: 'ok', observed: `no ${files} in ${name}/` };
    const observed = `${number} ${number === 1 ? files.replace('files', 'file') : files} in ${name}/, ${counted(bytes, 'byte')}`;
    return help.advice === undefined
      ? { ...base, status: 'ok', observed }
      : { ...base, status: 'warn', observed, ...help };
  } catch (error) {
    return failure(check, 'home', asStorageError(error, `read ${name}/`));
  }
}

async function count(
  folder: string,
  { before, own }: { before: number; own: (name: string) => boolean },
): Promise<{ number: number; bytes: number }> {
  const sum = { number: 0, bytes: 0 };
  // A missing folder is reported elsewhere, and counts as empty here.
  const entries = await opendir(folder).catch((error: unknown) => {
    if (isErrno(error, 'ENOENT')) return [];
    throw error;
  });
  for await (const entry of entries) {
    if (!own(entry.name)) continue;
    const stats = await lstat(join(folder, entry.name)).catch((error: unknown) => {
      // Its owner has removed it.
      if (isErrno(error, 'ENOENT')) return undefined;
      throw error;
    });
    if (stats?.isFile() !== true || stats.mtimeMs >= before) continue;
    sum.number += 1;
    sum.bytes += stats.size;
  }
  return sum;
}
