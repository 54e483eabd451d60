import { createHash } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';

/**
 * Names a process in the name of a file, so that another can tell later whether it still runs: its
 * number, when it started, and where the two count, which is one boot of one machine, and one
 * container. Systems without /proc do not say when and where.
 */
export function processMark(): string {
  return [process.pid, startOf(process.pid) ?? 'x', placeOfProcesses() ?? 'x'].join('.');
}

/** Such a mark, as a regular expression: of some process, here or elsewhere. */
export const markPattern = String.raw`\d{1,10}\.(?:\d+|x)\.(?:[0-9a-f]{12}|x)`;

/**
 * Whether the process whose mark begins the name is gone for certain. Numbers of another boot or
 * container say nothing here; a number that another process got since is told by the start.
 */
export function isMarkOfDead(name: string, place: string | undefined): boolean {
  return fateOf(name, place) === 'dead';
}

/** What is known of the process whose mark begins the name. */
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
 * Within which process numbers and starts are of one kind; undefined where the system does not say.
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
 * Clock ticks since boot: field 22 of proc_pid_stat(5); what is before may have spaces, and ends
 * with the last bracket.
 */
function startOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    return undefined;
  }
}
