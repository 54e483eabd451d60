import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * Makes a folder and its missing parents. Node's own `recursive` loops forever, without reacting to
 * signals, if an existing folder does not allow new ones (`/proc`).
 */
export async function makeFolder(path: string, mode = 0o777): Promise<void> {
  if (existsSync(path)) {
    // EEXIST if a file is in the way; no error if the folder exists.
    await mkdir(path, { recursive: true, mode });
    return;
  }
  if (dirname(path) !== path) await makeFolder(dirname(path), mode);
  try {
    await mkdir(path, { mode });
  } catch (error) {
    // Another process was faster.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}
