import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';

/** What a command and all that it started took. */
export interface Usage {
  /** User and system seconds. */
  cpu: number;
  /** Seconds. */
  wall: number;
  /** The most that its processes held together, by looking twenty times a second. */
  megabytes: number;
}

/** Runs a command to its end, without its output. Rejects, with what it said, if it fails. */
export async function usageOf(command: readonly string[]): Promise<Usage> {
  const script = 'TIMEFORMAT="%U %S %R"; time "$@" >/dev/null';
  const child = spawn('bash', ['-c', script, 'bash', ...command], { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
  let most = 0;
  const poll = setInterval(() => (most = Math.max(most, residentBytes(child.pid ?? 0))), 50);
  const [code] = (await once(child, 'close')) as [number];
  clearInterval(poll);
  if (code !== 0) throw new Error(`${command.join(' ')} ended with ${code}: ${said}`);
  const [user = 0, system = 0, wall = 0] = (said.trimEnd().split('\n').at(-1) ?? '').split(' ').map(Number);
  return { cpu: user + system, wall, megabytes: most / 1e6 };
}

/** Of a process and its children, and theirs. */
function residentBytes(pid: number): number {
  try {
    const kilobytes = /^VmRSS:\s*(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1] ?? '0';
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1').split(' ').filter(Boolean);
    return children.reduce((sum, child) => sum + residentBytes(Number(child)), 1024 * Number(kilobytes));
  } catch {
    // It has ended.
    return 0;
  }
}
