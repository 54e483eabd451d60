import { spawn } from 'node:child_process';

/** Ends a child if this process dies, however busy the child is. */
export interface Guard {
  /** Of the child. Has to follow at once. */
  watch(pid: number): void;
  /** Once the child is gone. Resolves when the guard is gone, too. */
  dismiss(): Promise<void>;
}

/**
 * Reads the child's id, then waits for a second line that never comes: the end of the pipe is the
 * end of the process that holds it. Ctrl-C goes to all processes of a group, and must not end it.
 */
const script = `trap '' HUP INT TERM; read -r child && { read -r never || kill -KILL "$child"; }`;

/**
 * A shell, which takes 2 ms of CPU time and then sleeps. A thread in the child, which looks whether
 * its parent is there, takes more than starting Node does. Null where there is none, or where no
 * process can be started.
 */
export function startGuard(program = '/bin/sh'): Guard | null {
  if (process.platform === 'win32') return null;
  const shell = start(program);
  // Whether it could be started shows in its id; the event tells the same later.
  shell?.on('error', () => undefined);
  if (shell?.pid === undefined) return null;
  shell.stdin.on('error', () => undefined);
  const gone = new Promise<void>((resolve) => shell.once('exit', () => resolve()));
  return {
    watch: (pid) => void shell.stdin.write(`${pid}\n`),
    dismiss() {
      shell.kill('SIGKILL');
      return gone;
    },
  };
}

function start(program: string) {
  try {
    return spawn(program, ['-c', script], { stdio: ['pipe', 'ignore', 'ignore'], env: {}, cwd: '/' });
  } catch {
    return null;
  }
}
