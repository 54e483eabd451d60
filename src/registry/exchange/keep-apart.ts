import { join } from 'node:path';
import { MlregError } from '../../core/errors.ts';
import { quote } from '../../core/text/quote.ts';
import { isWithin, whereabouts } from '../../files/path-guards.ts';
import type { LocalFolder } from '../location.ts';
import type { Registry } from '../registry.ts';

/**
 * INVALID_INPUT if the source is inside the registry or contains it. A registry that is copied into
 * itself doubles with every registration, and pulling such a version would replace the database
 * with an old one.
 */
export async function refuseOwnFiles(registry: Registry, source: string): Promise<void> {
  const { location } = registry;
  if (location.kind !== 'folder') return;
  const [home, path] = await Promise.all([whereabouts(location.home), whereabouts(source)]);
  if (!isWithin(home, path) && !isWithin(path, home)) return;
  const how = isWithin(home, path) ? 'is inside' : 'contains';
  throw new MlregError('INVALID_INPUT', `${quote(source)} ${how} the registry ${quote(location.home)}`, {
    hint: 'register the model file, or a folder outside the registry',
  });
}

/** INVALID_INPUT if one of the files would be written into the registry. */
export async function refuseOwnFolder(
  registry: Registry,
  directory: string,
  paths: readonly string[],
): Promise<void> {
  const { location } = registry;
  if (location.kind !== 'folder') return;
  const [home, target] = await Promise.all([whereabouts(location.home), whereabouts(directory)]);
  if (!paths.some((path) => isWithin(home, join(target, path)))) return;
  throw new MlregError(
    'INVALID_INPUT',
    `cannot write to ${quote(directory)}: files would be written inside the registry`,
    {
      hint: 'choose another folder with -o DIR',
    },
  );
}

/** INVALID_INPUT if a backup of the registry would be inside the registry. */
export async function refuseBackupWithin({ home }: LocalFolder, directory: string): Promise<void> {
  if (!isWithin(await whereabouts(home), await whereabouts(directory))) return;
  throw new MlregError('INVALID_INPUT', `cannot back up to ${quote(directory)}: it is inside the registry`, {
    hint: 'use a folder outside it, best on another disk',
  });
}
