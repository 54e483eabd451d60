import { realpath } from 'node:fs/promises';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { MlregError } from '../core/errors.ts';
import { quote } from '../core/text/quote.ts';

/** Whether a path is the folder or inside it. Both must come from `whereabouts`. */
export function isWithin(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way === '' || (way !== '..' && !way.startsWith(`..${sep}`) && resolve(way) !== way);
}

/** The absolute path, with symbolic links resolved as far as the path exists. */
export async function whereabouts(path: string): Promise<string> {
  const full = resolve(path);
  try {
    return await realpath(full);
  } catch {
    return dirname(full) === full
      ? full
      : join(await whereabouts(dirname(full)), full.slice(dirname(full).length));
  }
}

/**
 * USAGE if two of the files, each with the option that names it, are one: a file must not be
 * overwritten while it is read, nor by two writers. Devices may be. Null: not a file.
 */
export async function refuseSameFiles(
  named: readonly (readonly [flag: string, path: string | null])[],
): Promise<void> {
  const seen = new Map<string, string>();
  for (const [flag, path] of named) {
    if (path === null) continue;
    const place = await whereabouts(path);
    const other = seen.get(place);
    if (other !== undefined && !place.startsWith('/dev/'))
      throw new MlregError('USAGE', `${other} and ${flag} are the same file: ${quote(path)}`, {
        hint: `choose another file for ${flag}`,
      });
    seen.set(place, flag);
  }
}
