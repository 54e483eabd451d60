import { realpath } from 'node:fs/promises';
import { dirname, join, relative, resolve, sep } from 'node:path';

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
