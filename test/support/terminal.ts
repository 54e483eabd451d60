import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { bin, cleanEnv, finished } from './run-cli.ts';

/** Why no terminal can be had here, for a test's `skip`; false where one can. */
export const noTerminal =
  process.platform === 'linux' && spawnSync('script', ['--version']).status === 0
    ? false
    : 'util-linux script is not installed';

/**
 * Starts a command, written as for a shell, on a terminal of its own. Its stdin is a pipe of what
 * is typed; stdout and stderr are one.
 */
export function startOnTerminal(
  command: string,
  { cwd, env = {} }: { cwd: string; env?: Record<string, string> },
): ChildProcess {
  return spawn('script', ['-qec', command, '/dev/null'], {
    cwd,
    env: cleanEnv({ TERM: 'xterm-256color', SHELL: '/bin/sh', ...env }),
    stdio: ['pipe', 'pipe', 'pipe'],
  });
}

/** A progress bar, from when the cursor is hidden to when its line is cleared. */
const bar = /\u001b7\u001b\[\?25l[^]*?\u001b\[2K/g;

/**
 * Runs the built command on a terminal of its own. Its stdout and stderr come as one, in `stdout`:
 * as people see it at the end, without the progress bar, which is there or not as the machine is
 * slow or quick. `all` has that, too.
 */
export async function runOnTerminal(
  args: readonly string[],
  { cwd, env = {}, columns = 100 }: { cwd: string; env?: Record<string, string>; columns?: number },
): Promise<{ code: number | null; stdout: string; all: string }> {
  const command = [process.execPath, bin, ...args].map((word) => `'${word.replaceAll("'", "'\\''")}'`);
  const child = startOnTerminal(`stty cols ${columns}; exec ${command.join(' ')}`, { cwd, env });
  child.stdin?.end();
  const { code, stdout } = await finished(child);
  // The terminal writes a carriage return before each newline.
  const all = stdout.replaceAll('\r\n', '\n');
  return { code, stdout: all.replaceAll(bar, ''), all };
}
