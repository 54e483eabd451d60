import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { bin, cleanEnv, finished, type Run } from './run-cli.ts';

/** Why nothing can be injected here; false: it can. */
export const noStrace: string | false =
  process.platform === 'linux' && spawnSync('strace', ['-f', '-o', '/dev/null', 'true']).status === 0
    ? false
    : 'needs strace, and leave to trace';

/** A system call as strace tells it. */
export interface Call {
  name: string;
  /**
   * Of the file descriptor or the first argument, relative to the working folder where it is in
   * there.
   */
  path: string;
  /** As strace wrote it. */
  line: string;
  /** The fault was injected here, or the process died in it. */
  injected: boolean;
}

export interface Traced extends Run {
  calls: Call[];
}

/**
 * Runs the built command under strace. `inject` is what strace understands behind `-e inject=`:
 * `fsync:error=EIO:when=3` fails the third fsync of each thread, `link:signal=SIGKILL:when=1` kills
 * the process as it links. One pool thread, so that the order is always the same. `only`: calls on
 * this path, relative to `cwd`, and no others are traced and counted.
 */
export async function traced(
  args: readonly string[],
  { cwd, calls, inject, only }: { cwd: string; calls: readonly string[]; inject?: string; only?: string },
): Promise<Traced> {
  const log = join(cwd, `trace-${process.pid}-${Math.random().toString(36).slice(2)}`);
  const child = spawn(
    'strace',
    ['-f', '-y', '-qq', '-o', log, '-e', `trace=${calls.join(',')}`]
      .concat(inject === undefined ? [] : ['-e', `inject=${inject}`])
      .concat(only === undefined ? [] : ['-P', join(cwd, only)])
      .concat(process.execPath, bin, args),
    { cwd, env: cleanEnv({ UV_THREADPOOL_SIZE: '1' }), stdio: ['ignore', 'pipe', 'pipe'] },
  );
  try {
    const run = await finished(child);
    return Object.assign(run, { calls: readCalls(readFileSync(log, 'utf8'), cwd) });
  } finally {
    if (child.exitCode === null && child.signalCode === null) await once(child, 'close');
    rmSync(log, { force: true });
  }
}

function readCalls(log: string, cwd: string): Call[] {
  return log.split('\n').flatMap((line) => {
    const found = /^\d+ +(\w+)\((?:\d+<([^>]*)>|"([^"]*)"|AT_FDCWD(?:<[^>]*>)?, "([^"]*)")?/.exec(line);
    if (found === null) return [];
    const [, name = '', ...paths] = found;
    const path = paths.find((one) => one !== undefined) ?? '';
    return [
      {
        name,
        line,
        path: path.replace(`${cwd}/`, ''),
        injected: line.includes('(INJECTED)') || line.endsWith(' = ?'),
      },
    ];
  });
}
