import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { MlregError } from '../core/errors.ts';
import { quote } from '../core/text/quote.ts';
import { pullMarkerName } from './pull-marker.ts';
import { asSourceError } from './path-errors.ts';

/** Never part of a model or of data: these differ from one clone, run or desktop to the next. */
export const leftOutNames = ['.git', '.DS_Store', '__pycache__', pullMarkerName];
/** At the top of a folder: lists what else is left out, in the syntax of .gitignore. */
const listName = '.mlregignore';
const maxListBytes = 1024 * 1024;

/** Whether an entry of a folder is left out. `path` is relative to the folder and uses `/`. */
export type StaysOut = (path: string, isFolder: boolean) => boolean;

/**
 * Reads the rules: the names above, and the folder's .mlregignore, which can also include a name
 * again: `!.git`. The .mlregignore itself is left out.
 */
export async function readStaysOut(folder: string): Promise<StaysOut> {
  const list = await readList(join(folder, listName));
  if (list === undefined) {
    const names = new Set(leftOutNames);
    return (path) => names.has(path.slice(path.lastIndexOf('/') + 1));
  }
  const { default: ignore } = await import('ignore');
  const rules = ignore({ ignorecase: false }).add([...leftOutNames, `/${listName}`, list].join('\n'));
  return (path, isFolder) => rules.ignores(isFolder ? `${path}/` : path);
}

async function readList(location: string): Promise<string | undefined> {
  try {
    // Do not block, and do not follow a symbolic link: anything but a file with this name is an
    // ordinary entry.
    const file = await open(location, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    try {
      const stats = await file.stat();
      if (!stats.isFile()) return undefined;
      if (stats.size > maxListBytes) throw refuse(location, `it is larger than ${maxListBytes} bytes`);
      return new TextDecoder('utf-8', { fatal: true }).decode(await file.readFile());
    } finally {
      await file.close();
    }
  } catch (error) {
    if (error instanceof TypeError) throw refuse(location, 'it is not UTF-8 text', error);
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ELOOP' || code === 'ENXIO') return undefined;
    throw asSourceError(error, location);
  }
}

function refuse(location: string, why: string, cause?: unknown): MlregError {
  return new MlregError('INVALID_INPUT', `${quote(location)} cannot be used: ${why}`, {
    hint: 'write one pattern per line, as in .gitignore',
    cause,
  });
}
