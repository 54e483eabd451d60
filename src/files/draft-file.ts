import { randomBytes } from 'node:crypto';
import { link, lstat, readdir, rename, rm, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { isMarkOfDead, markPattern, placeOfProcesses, processMark } from './scratch.ts';

const named = /^\.mlreg-(.+)\.tmp$/;
const marked = new RegExp(`^${markPattern}-[0-9a-f]{8}$`);
/** Earlier versions of mlreg wrote names without the process. */
const unmarked = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const dayMs = 24 * 3600e3;

/**
 * A hidden name for an unfinished file, beside its final name. It says which process is writing it.
 */
export function draftIn(folder: string): string {
  return join(folder, `.mlreg-${processMark()}-${randomBytes(4).toString('hex')}.tmp`);
}

/**
 * Removes drafts that this user's killed processes left in a folder. If it cannot be told whether a
 * process still runs, its drafts are removed when they are a day old. `keep` are names to leave
 * alone. A draft that cannot be removed stays: the command does not depend on it.
 */
export async function sweepDrafts(folder: string, keep: ReadonlySet<string> = new Set()): Promise<void> {
  const place = placeOfProcesses();
  for (const name of await readdir(folder).catch(() => [])) {
    const mark = named.exec(name)?.[1];
    if (mark === undefined || keep.has(name)) continue;
    const path = join(folder, name);
    const stats = await lstat(path).catch(() => undefined);
    if (stats === undefined || stats.uid !== process.getuid?.()) continue;
    const isOurs = marked.test(mark) || unmarked.test(mark);
    if (isOurs && (isMarkOfDead(mark, place) || Date.now() - stats.mtimeMs > dayMs))
      await rm(path, { recursive: true, force: true }).catch(() => undefined);
  }
}

/**
 * Gives a finished draft its final name, which must be free. EEXIST if it is taken, even if only
 * since a moment ago.
 */
export async function nameDraft(draft: string, path: string): Promise<void> {
  try {
    await link(draft, path);
  } catch (error) {
    // Some file systems do not support hard links.
    const { code = '' } = error as NodeJS.ErrnoException;
    if (!['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK'].includes(code)) throw error;
    if ((await lstat(path).catch(() => undefined)) !== undefined)
      throw Object.assign(new Error(`${path} exists`), { code: 'EEXIST' });
    return rename(draft, path);
  }
  await unlink(draft);
}
