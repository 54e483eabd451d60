import { lstat, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isMarkOfDead, markPattern, placeOfProcesses, processMark } from './process-mark.ts';

const named = new RegExp(`^mlreg-[a-z]+-(?<rest>${markPattern}-[A-Za-z0-9]{6})$`);

/**
 * A folder in the system's one for temporary files, named for what it is for and for this process.
 * Folders that processes of this user left behind when they were killed go first: each may hold a
 * model of gigabytes.
 */
export async function makeScratchFolder(purpose: string): Promise<string> {
  await sweep();
  return mkdtemp(join(tmpdir(), `mlreg-${purpose}-${processMark()}-`));
}

/** Lends a folder of that kind for as long as the action takes. */
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

/** What cannot be looked at or removed stays: it is nothing that the command at hand depends on. */
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
