import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { bin, cleanEnv, finished } from './run-cli.ts';

/** Why a test cannot mount anything here, for its `skip`; false where it can. */
export const noMounts =
  spawnSync('unshare', ['-rm', 'mount', '-t', 'tmpfs', 'tmpfs', '/tmp']).status === 0
    ? false
    : 'mounts in a user namespace are not allowed here';

/**
 * Runs a shell script in which `mlreg` is the command and mounts are its own; each line that it
 * prints is an answer.
 */
export async function withMounts(cwd: string, script: string): Promise<string[]> {
  const prelude = `set -u; mlreg() { "${process.execPath}" "${bin}" "$@"; }; answer() { "$@" >out.txt 2>err.txt; echo "$? $(head -c 300 out.txt err.txt | tr '\\n' ' ')"; }\n`;
  const child = spawn('unshare', ['-rm', '/bin/bash', '-c', prelude + script], {
    cwd,
    env: cleanEnv(),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const { code, stdout, stderr } = await finished(child);
  assert.equal(code, 0, stderr);
  return stdout.trimEnd().split('\n');
}
