import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * Makes a folder and those above it that are missing. Node's own `recursive` never ends where a
 * folder that is there denies that a new one can be (`/proc`), deaf to signals.
 */
export async function makeFolder(path: string, mode = 0o777): Promise<void> {
  if (existsSync(path)) {
    // Answers EEXIST for a file in the way, nothing for a folder.
    await mkdir(path, { recursive: true, mode });
    return;
  }
  if (dirname(path) !== path) await makeFolder(dirname(path), mode);
  try {
    await mkdir(path, { mode });
  } catch (error) {
    // Another process was quicker.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}
