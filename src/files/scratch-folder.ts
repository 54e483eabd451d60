import { lstat, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isMarkOfDead, markPattern, placeOfProcesses, processMark } from './process-mark.ts';

const named = new RegExp(`^mlreg-[a-z]+-(?<rest>${markPattern}-[A-Za-z0-9]{6})$`);

/**
 * Makes a folder in the system's temporary folder, named after its purpose and this process. First
 * removes the folders that this user's killed processes left: each may hold a model of gigabytes.
 */
export async function makeScratchFolder(purpose: string): Promise<string> {
  await sweep();
  return mkdtemp(join(tmpdir(), `mlreg-${purpose}-${processMark()}-`));
}

/** Runs the action with a scratch folder, and removes it afterwards. */
export async function withScratchFolder<Result>(
  purpose: string,
  action: (folder: string) => Promise<Result>,
): Promise<Result> {
  const folder = await makeScratchFolder(purpose);
  try {
    return await action(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** A folder that cannot be read or removed stays: the command does not depend on it. */
async function sweep(): Promise<void> {
  const place = placeOfProcesses();
  const names = await readdir(tmpdir()).catch(() => []);
  for (const name of names) {
    const mark = named.exec(name)?.groups?.['rest'];
    if (mark === undefined || !isMarkOfDead(mark, place)) continue;
    const path = join(tmpdir(), name);
    try {
      const stats = await lstat(path);
      if (stats.isDirectory() && stats.uid === process.getuid?.())
        await rm(path, { recursive: true, force: true });
    } catch {
      continue;
    }
  }
}
