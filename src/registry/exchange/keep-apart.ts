import { realpath } from 'node:fs/promises';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { MlregError } from '../../core/errors.ts';
import { quote } from '../../core/text/quote.ts';
import type { Registry } from '../registry.ts';

/**
 * INVALID_INPUT where the source lies in the registry or holds it. A registry copied into itself doubles with every
 * registration, and pulling such a version would put its old database in the place of the new one.
 */
export async function refuseOwnFiles(registry: Registry, source: string): Promise<void> {
  const [home, path] = await Promise.all([whereabouts(registry.home), whereabouts(source)]);
  if (!isWithin(home, path) && !isWithin(path, home)) return;
  const how = isWithin(home, path) ? 'is inside' : 'contains';
  throw new MlregError('INVALID_INPUT', `${quote(source)} ${how} the registry ${quote(registry.home)}`, {
    hint: 'register the model file, or a folder outside the registry',
  });
}

/** INVALID_INPUT where one of the files would be written into the registry. */
export async function refuseOwnFolder(
  registry: Registry,
  directory: string,
  paths: readonly string[],
): Promise<void> {
  const [home, target] = await Promise.all([whereabouts(registry.home), whereabouts(directory)]);
  if (!paths.some((path) => isWithin(home, join(target, path)))) return;
  throw new MlregError(
    'INVALID_INPUT',
    `cannot write to ${quote(directory)}: files would be written inside the registry`,
    {
      hint: 'choose another folder with -o DIR',
    },
  );
}

/** INVALID_INPUT where a copy of the registry would be made in the registry. */
export async function refuseBackupWithin(registry: Registry, directory: string): Promise<void> {
  const [home, target] = await Promise.all([whereabouts(registry.home), whereabouts(directory)]);
  if (!isWithin(home, target)) return;
  throw new MlregError('INVALID_INPUT', `cannot back up to ${quote(directory)}: it is inside the registry`, {
    hint: 'use a folder outside it, best on another disk',
  });
}

function isWithin(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way === '' || (way !== '..' && !way.startsWith(`..${sep}`) && resolve(way) !== way);
}

/** The path without symbolic links, as far as it exists. */
async function whereabouts(path: string): Promise<string> {
  const full = resolve(path);
  try {
    return await realpath(full);
  } catch {
    return dirname(full) === full
      ? full
      : join(await whereabouts(dirname(full)), full.slice(dirname(full).length));
  }
}
