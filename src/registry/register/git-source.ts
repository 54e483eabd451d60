import { spawn } from 'node:child_process';
import { lstat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { Source } from '../../core/versions/source.ts';

export interface GitFindings {
  /** Null: no work tree, no commit yet, or a refusal. */
  source: Source | null;
  /** What git refused, in git's own words. */
  warnings: string[];
}

export interface GitOptions {
  env?: NodeJS.ProcessEnv;
  /** The time limit for each, in milliseconds. Registering does not wait for a slow git. */
  limits?: { commit: number; status: number };
}

const usualLimits = { commit: 5000, status: 5000 };

/**
 * The commit and state of the git work tree around `folder`, as far as git reports them. If git
 * refuses, its message becomes a warning.
 */
export async function gitSource(
  folder: string,
  { env = process.env, limits = usualLimits }: GitOptions = {},
): Promise<GitFindings> {
  const git = (limitMs: number, ...args: string[]): Promise<Answer> => ask(args, folder, env, limitMs);
  const status = ['-c', 'core.fsmonitor=false', 'status', '--porcelain', '--untracked-files=no'];
  const [head, changes, isExpected] = await Promise.all([
    git(limits.commit, 'rev-parse', '--verify', 'HEAD'),
    git(limits.status, ...status),
    hasGitFolder(resolve(folder)),
  ]);
  if (head.ok) {
    const commit = head.output;
    if (changes.ok) return { source: { commit, dirty: changes.output !== '' }, warnings: [] };
    const warning = `git status could not tell whether there are uncommitted changes: ${changes.why}`;
    return { source: { commit, dirty: null }, warnings: [warning] };
  }
  // There is nothing to report: no git, or no work tree.
  if (!isExpected && env['GIT_DIR'] === undefined) return { source: null, warnings: [] };
  const why = head.refused ? await reasonOf(head.why, git, limits.commit) : head.why;
  return { source: null, warnings: why === null ? [] : [`the git commit is not recorded: ${why}`] };
}

type Answer = { ok: true; output: string; warned: string } | { ok: false; refused: boolean; why: string };

/**
 * Null if HEAD names a branch without commits. `rev-parse` says the same of a damaged branch, but
 * `for-each-ref` warns about it.
 */
async function reasonOf(
  why: string,
  git: (limitMs: number, ...args: string[]) => Promise<Answer>,
  limitMs: number,
): Promise<string | null> {
  if (!why.includes('Needed a single revision')) return why;
  const [branch, refs] = await Promise.all([
    git(limitMs, 'symbolic-ref', 'HEAD'),
    git(limitMs, 'for-each-ref', '--format=%(refname)'),
  ]);
  const damage = refs.ok ? refs.warned : refs.why;
  if (branch.ok && !damage.includes(branch.output)) return null;
  return damage === '' && !branch.ok ? branch.why : damage;
}

/** Whether this folder or one above it has a `.git`, even a damaged one or another user's. */
async function hasGitFolder(folder: string): Promise<boolean> {
  const found = await lstat(join(folder, '.git')).then(
    () => true,
    () => false,
  );
  const above = dirname(folder);
  return found || (above !== folder && hasGitFolder(above));
}

const mostBytes = 16 * 1024;

/**
 * Runs git with English messages. Waits no longer than the limit, and not for processes that git
 * left running.
 */
function ask(args: string[], cwd: string, env: NodeJS.ProcessEnv, limitMs: number): Promise<Answer> {
  return new Promise((done) => {
    const child = spawn('git', args, {
      cwd,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...env, GIT_OPTIONAL_LOCKS: '0', LC_ALL: 'C' },
    });
    const texts = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr'] as const)
      child[name].setEncoding('utf8').on('data', (text: string) => {
        if (texts[name].length < mostBytes) texts[name] += text;
      });
    const end = (answer: Answer): void => {
      clearTimeout(timer);
      child.stdout.destroy();
      child.stderr.destroy();
      child.unref();
      done(answer);
    };
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      end({ ok: false, refused: false, why: `it took longer than ${limitMs / 1000} s` });
    }, limitMs);
    child.on('error', (error: NodeJS.ErrnoException) => {
      const why = error.code === 'ENOENT' ? 'git is not installed' : error.message;
      end({ ok: false, refused: false, why });
    });
    child.on('close', (code, signal) => {
      if (code === 0) return end({ ok: true, output: texts.stdout.trim(), warned: said(texts.stderr) });
      const why =
        said(texts.stderr) ||
        (signal === null ? `git ended with exit code ${code}` : `git was killed by ${signal}`);
      end({ ok: false, refused: true, why });
    });
  });
}

const mostWords = 500;

/** Git's output in one line. */
function said(stderr: string): string {
  const lines = stderr.split('\n').map((line) => line.trim().replace(/^(?:fatal|error|warning): /, ''));
  return lines
    .filter(Boolean)
    .map((line, at, all) => (at === all.length - 1 || /[:.,;]$/.test(line) ? line : `${line};`))
    .join(' ')
    .slice(0, mostWords);
}
