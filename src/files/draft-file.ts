import { randomBytes } from 'node:crypto';
import { link, lstat, readdir, rename, rm, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { isMarkOfDead, markPattern, placeOfProcesses, processMark } from './process-mark.ts';

const named = /^\.mlreg-(.+)\.tmp$/;
const marked = new RegExp(`^${markPattern}-[0-9a-f]{8}$`);
/** Names of earlier versions of mlreg do not tell the process. */
const unmarked = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const dayMs = 24 * 3600e3;

/**
 * A hidden name for what is not whole yet, beside the name that it will get. It tells the process
 * that writes it.
 */
export function draftIn(folder: string): string {
  return join(folder, `.mlreg-${processMark()}-${randomBytes(4).toString('hex')}.tmp`);
}

/**
 * Removes drafts that killed processes of this user left in a folder; of a process that cannot be
 * looked up, those that are a day old. `keep` are names that belong to somebody else. What cannot
 * be removed stays: the command at hand does not depend on it.
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
 * Gives a whole draft its name, which must be free: EEXIST where it is taken, even since a moment
 * ago.
 */
export async function nameDraft(draft: string, path: string): Promise<void> {
  try {
    await link(draft, path);
  } catch (error) {
    // Some file systems know no hard links.
    const { code = '' } = error as NodeJS.ErrnoException;
    if (!['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK'].includes(code)) throw error;
    if ((await lstat(path).catch(() => undefined)) !== undefined)
      throw Object.assign(new Error(`${path} exists`), { code: 'EEXIST' });
    return rename(draft, path);
  }
  await unlink(draft);
}
