import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { MlregError } from '../../../core/errors.ts';
import { quote } from '../../../core/text/quote.ts';
import { isErrno } from '../blobs/fs-errors.ts';
import { isAsideName, isBlobName, isDraftName, isPredictionName, isProbeName } from './own-names.ts';

/** Files that git and mkfs put into a folder: a registry beside them never touches them. */
const harmless = new Set([
  'README.md',
  'FORMAT.md',
  '.git',
  '.gitignore',
  '.gitattributes',
  '.gitkeep',
  'lost+found',
]);
const ownFiles = new Set(['mlreg.db', 'mlreg.db-lease', 'registry.json']);
/** Ours only beside a database. Without one, they are the remains of a lost database. */
const besideDatabase = new Set(['mlreg.db-wal', 'mlreg.db-shm', 'head']);
const mostNamed = 5;

interface Found {
  path: string;
  /** Its name is that of a part of a registry, but the database is missing. */
  orphan: boolean;
}

/**
 * INVALID_INPUT if a new registry in `home` would lie among other files: its folders are tidied by
 * name and age. The leftovers of an interrupted first run are no obstacle.
 */
export async function refuseForeign(home: string): Promise<void> {
  const found = await look(home);
  // Another process may have made the registry in the meantime.
  const hasDatabase = existsSync(join(home, 'mlreg.db'));
  const [first, ...others] = found.filter(({ orphan }) => !orphan || !hasDatabase);
  if (first === undefined || existsSync(join(home, 'registry.json'))) return;
  const named = [first, ...others.slice(0, mostNamed - 1)].map(({ path }) => quote(path)).join(', ');
  const more = others.length < mostNamed ? '' : ` and ${others.length + 1 - mostNamed} more`;
  if (first.orphan && others.every(({ orphan }) => orphan)) {
    throw new MlregError(
      'INVALID_INPUT',
      `${quote(home)} contains ${named}${more}, but no mlreg.db; nothing was changed`,
      { hint: 'restore mlreg.db and registry.json from a backup, or use an empty folder: mlreg init DIR' },
    );
  }
  throw new MlregError(
    'INVALID_INPUT',
    `${quote(home)} contains files that mlreg did not create: ${named}${more}; nothing was changed`,
    { hint: 'use a new or empty folder: mlreg init DIR' },
  );
}

async function look(home: string): Promise<Found[]> {
  const found: Found[] = [];
  const foreign = (path: string): void => void found.push({ path, orphan: false });
  const orphan = (path: string): void => void found.push({ path, orphan: true });
  for (const name of await namesIn(home)) {
    if (harmless.has(name) || ownFiles.has(name)) continue;
    if (besideDatabase.has(name)) orphan(name);
    else if (!['blobs', 'tmp', 'trash', 'quarantine', 'predictions'].includes(name)) foreign(name);
    else {
      for (const inner of await namesIn(join(home, name))) {
        const path = `${name}/${inner}`;
        if (harmless.has(inner)) continue;
        if (name === 'tmp') {
          if (!isDraftName(inner)) foreign(path);
        } else if (name === 'predictions') {
          (isPredictionName(inner) ? orphan : foreign)(path);
        } else if (name !== 'blobs') {
          (isAsideName(inner) ? orphan : foreign)(path);
        } else if (inner === 'sha256') {
          for (const blob of await namesIn(join(home, path)))
            if (!harmless.has(blob)) (isBlobName(blob) ? orphan : foreign)(`${path}/${blob}`);
        } else if (!isProbeName(inner)) foreign(path);
      }
    }
  }
  return found;
}

/** A file in place of a folder is reported later, when the folder is made. */
async function namesIn(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).toSorted();
  } catch (error) {
    if (isErrno(error, 'ENOENT') || isErrno(error, 'ENOTDIR')) return [];
    throw error;
  }
}
