/** Commands as documents write them, run as people type them. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bin, cleanEnv } from './run-cli.ts';

/** A folder in which commands run, and their environment. */
export interface Place {
  cwd: string;
  env: Record<string, string>;
}

/**
 * An environment with `mlreg` on its path, and `npx mlreg`, in a folder made for them in `folder`.
 */
export function withMlreg(folder: string, extra: Record<string, string> = {}): Record<string, string> {
  const path = join(folder, 'path');
  mkdirSync(path);
  const launch = `exec '${process.execPath}' '${bin}' "$@"\n`;
  const npx = `#!/bin/sh\n[ "$1" = mlreg ] || exit 99\nshift\n${launch}`;
  for (const [name, script] of [['mlreg', `#!/bin/sh\n${launch}`] as const, ['npx', npx] as const])
    writeFileSync(join(path, name), script, { mode: 0o755 });
  return cleanEnv({ PATH: `${path}:${process.env['PATH']}`, ...extra });
}

/** Runs a script in bash, which must succeed; what it printed. */
export function runByShell(script: string, { cwd, env }: Place): string {
  const { status, stdout, stderr } = spawnSync('bash', ['-euo', 'pipefail', '-c', script], {
    cwd,
    env,
    encoding: 'utf8',
  });
  assert.equal(status, 0, `${script}\n${stdout}${stderr}`);
  return stdout;
}

/**
 * The words of one command of mlreg, if splitting it takes no more of a shell than quotes and the
 * backslash before a new line.
 */
export function plainWords(command: string): string[] | undefined {
  const line = command.replaceAll(/ *\\\n */g, ' ');
  const word = /"[^"$`\\]*"|'[^']*'|[\w./:=@,+-]+/y;
  const words: string[] = [];
  while (word.lastIndex < line.length) {
    const found = word.exec(line)?.[0];
    if (found === undefined) return undefined;
    words.push(found.replaceAll(/^["']|["']$/g, ''));
    if (word.lastIndex < line.length && line[word.lastIndex++] !== ' ') return undefined;
  }
  return words.shift() === 'mlreg' ? words : undefined;
}

/**
 * As it is written, except that it measures for the shortest time instead of seconds, and that a
 * server which nobody would stop is only checked.
 */
export function briefly(script: string): string {
  return script
    .replaceAll(/(doctor --bench )?--duration \S+/g, (_, doctor: string | undefined) =>
      doctor === undefined ? '--duration 100ms' : `${doctor}--duration 1s`,
    )
    .replaceAll(/^(mlreg serve (?!status |selftest |.*(?:--check|&$)).*)$/gm, '$1 --check');
}
