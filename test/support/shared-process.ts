import { spawn, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import type { Socket } from 'node:net';
import { fileURLToPath } from 'node:url';

/** A command for a host to run. */
export interface Request {
  args: readonly string[];
  cwd: string;
  env: Record<string, string>;
  /** What the host writes behind the output, on both streams. */
  mark: string;
}

/** How a process ended, and what it wrote. */
export interface Ended {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

/** What Node and the C library read when they start, and not again. */
const readAtStart = /^(?:NODE_|LC_|LANG$|TZ$|UV_|MALLOC_|LD_)/;

interface Host {
  run(request: Omit<Request, 'mark'>): Promise<Ended>;
}

const idle: Host[] = [];
let started = 0;

/** How many processes this test file has started for its commands. */
export function hostsStarted(): number {
  return started;
}

/**
 * Whether a command with these variables of its own gets from a host what it would get from a
 * process of its own.
 */
export function canShare(env: Record<string, string> = {}): boolean {
  return !Object.keys(env).some((name) => readAtStart.test(name));
}

/**
 * Runs the built command in a process that other commands of this test file ran in, or will:
 * starting Node and loading the bundle is most of the time that a command takes. Commands that run
 * at the same time have a process each.
 */
export async function runShared(
  request: Omit<Request, 'mark'>,
  base: Record<string, string>,
): Promise<Ended> {
  const host = idle.pop() ?? startHost(base);
  return host.run(request);
}

function startHost(env: Record<string, string>): Host {
  started += 1;
  const file = fileURLToPath(new URL('command-host.ts', import.meta.url));
  const child = spawn(process.execPath, [file], { env, stdio: ['ignore', 'pipe', 'pipe', 'ipc'] });
  const written = { stdout: [] as Buffer[], stderr: [] as Buffer[] };
  let look = (): void => undefined;
  for (const name of ['stdout', 'stderr'] as const)
    child[name]?.on('data', (bytes: Buffer) => {
      written[name].push(bytes);
      look();
    });
  let code: number | undefined;
  child.on('message', (message) => {
    code = message as number;
    look();
  });
  keepWaiting(child, false);

  const host: Host = {
    run: (request) =>
      new Promise((resolve, reject) => {
        const mark = `\0${randomUUID()}\0`;
        keepWaiting(child, true);
        const gone = (code: number | null, signal: NodeJS.Signals | null): void =>
          resolve({ code, signal, stdout: text('stdout', ''), stderr: text('stderr', '') });
        child.once('close', gone).once('error', reject);
        look = () => {
          if (code === undefined || !ends('stdout', mark) || !ends('stderr', mark)) return;
          const ended = { code, signal: null, stdout: text('stdout', mark), stderr: text('stderr', mark) };
          code = undefined;
          look = () => undefined;
          child.off('close', gone).off('error', reject);
          keepWaiting(child, false);
          idle.push(host);
          resolve(ended);
        };
        child.send({ ...request, mark });
      }),
  };
  return host;

  function ends(name: 'stdout' | 'stderr', mark: string): boolean {
    return Buffer.concat(written[name].slice(-2)).subarray(-mark.length).toString() === mark;
  }

  function text(name: 'stdout' | 'stderr', mark: string): string {
    const whole = Buffer.concat(written[name].splice(0)).toString();
    return whole.slice(0, whole.length - mark.length);
  }
}

/** Whether this process stays for the host: not between two commands, or no test file would end. */
function keepWaiting(child: ChildProcess, wait: boolean): void {
  for (const handle of [child, child.channel, child.stdout as Socket, child.stderr as Socket])
    if (wait) handle?.ref();
    else handle?.unref();
}
