import { createHash } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { lstat, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { asTargetError } from './path-errors.ts';

/**
 * Identifies a process in a file name, so that another process can tell later whether it still
 * runs: its number, its start time, and the place where these are valid, which is one boot of one
 * machine and one container. Without /proc, start time and place are unknown.
 */
export function processMark(): string {
  return [process.pid, startOf(process.pid) ?? 'x', placeOfProcesses() ?? 'x'].join('.');
}

/** A process mark, of any process, as a regular expression. */
export const markPattern = String.raw`\d{1,10}\.(?:\d+|x)\.(?:[0-9a-f]{12}|x)`;

/**
 * Whether the process whose mark begins the name has certainly ended. A mark from another boot or
 * container proves nothing here. A number that was reused since is recognized by the start time.
 */
export function isMarkOfDead(name: string, place: string | undefined): boolean {
  return fateOf(name, place) === 'dead';
}

/** What is known about the process whose mark begins the name. */
export function fateOf(name: string, place: string | undefined): 'dead' | 'alive' | 'unknown' {
  const [, pid = '', start = '', where = ''] = /^(\d{1,10})\.(\d+)\.([0-9a-f]{12})-/.exec(name) ?? [];
  if (pid === '' || where !== place) return 'unknown';
  try {
    process.kill(Number(pid), 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH' ? 'dead' : 'alive';
  }
  const now = startOf(Number(pid));
  return now !== undefined && now !== start ? 'dead' : 'alive';
}

/**
 * The place where process numbers and start times are comparable; undefined if the system does not
 * say.
 */
export function placeOfProcesses(): string | undefined {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    const place = `${boot} ${readlinkSync('/proc/self/ns/pid')}`;
    return createHash('sha256').update(place).digest('hex').slice(0, 12);
  } catch {
    return undefined;
  }
}

/**
 * Clock ticks since boot: field 22 of proc_pid_stat(5). An earlier field may contain spaces; it
 * ends at the last bracket.
 */
function startOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    return undefined;
  }
}

const named = new RegExp(`^mlreg-[a-z]+-(?<rest>${markPattern}-[A-Za-z0-9]{6})$`);

/**
 * Makes a folder in the system's temporary folder, named after its purpose and this process. First
 * removes the folders that this user's killed processes left: each may hold a model of gigabytes.
 * STORAGE if it cannot be made.
 */
export async function makeScratchFolder(purpose: string): Promise<string> {
  await sweep();
  const place = tmpdir();
  return mkdtemp(join(place, `mlreg-${purpose}-${processMark()}-`)).catch((error: unknown) => {
    throw asTargetError(error, place, 'set TMPDIR to a folder that this user may write to');
  });
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
