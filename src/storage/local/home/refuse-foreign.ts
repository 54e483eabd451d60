import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { MlregError } from '../../../core/errors.ts';
import { quote } from '../../../core/text/quote.ts';
import { isErrno } from '../blobs/fs-errors.ts';
import { isAsideName, isBlobName, isDraftName, isProbeName } from './own-names.ts';

/** What git puts into a folder, and what mkfs does: a registry beside it never touches it. */
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
/** Only beside a database: without it, they hold what is left of one that is lost. */
const besideDatabase = new Set(['mlreg.db-wal', 'mlreg.db-shm', 'head']);
const mostNamed = 5;

interface Found {
  path: string;
  /** By its name a part of a registry, of which the database is missing. */
  orphan: boolean;
}

/**
 * INVALID_INPUT where a registry that is made in `home` would lie among other files: its folders
 * are tidied by name and age. What a first run that was stopped has left is no obstacle.
 */
export async function refuseForeign(home: string): Promise<void> {
  const found = await look(home);
  // Another process may have made the registry while we looked.
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
    else if (!['blobs', 'tmp', 'trash', 'quarantine'].includes(name)) foreign(name);
    else {
      for (const inner of await namesIn(join(home, name))) {
        const path = `${name}/${inner}`;
        if (harmless.has(inner)) continue;
        if (name === 'tmp') {
          if (!isDraftName(inner)) foreign(path);
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

/** A file in the place of a folder is met, and told, by who makes the folder. */
async function namesIn(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).toSorted();
  } catch (error) {
    if (isErrno(error, 'ENOENT') || isErrno(error, 'ENOTDIR')) return [];
    throw error;
  }
}
