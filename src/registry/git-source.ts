import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Source } from '../core/version-record.ts';

const run = promisify(execFile);

/** Commit and state of the git work tree around `folder`; null where there is none, or no git. */
export async function gitSource(folder: string): Promise<Source | null> {
  const git = async (...args: string[]): Promise<string> => {
    const options = {
      cwd: folder,
      timeout: 5000,
      env: { ...process.env, GIT_OPTIONAL_LOCKS: '0' },
      maxBuffer: 64 * 1024 * 1024,
    };
    return (await run('git', args, options)).stdout.trim();
  };
  try {
    const [commit, changes] = await Promise.all([
      git('rev-parse', '--verify', 'HEAD'),
      git('-c', 'core.fsmonitor=false', 'status', '--porcelain', '--untracked-files=no'),
    ]);
    return { commit, dirty: changes !== '' };
  } catch {
    // No git, no work tree, no commit yet: a version does not need one.
    return null;
  }
}
