import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';

/**
 * The Python of a virtual environment in `cache` with these packages of PyPI, such as
 * `onnx==1.23.2`. Throws where there is no Python or no network, and where the packages do not fit
 * it.
 */
export function installPackages(cache: string, packages: readonly string[]): string {
  const digest = createHash('sha256').update(packages.join(' ')).digest('hex');
  const folder = join(cache, `python-${digest.slice(0, 16)}`);
  const python = join(folder, 'bin', 'python');
  if (existsSync(join(folder, 'complete'))) return python;
  rmSync(folder, { recursive: true, force: true });
  run('python3', '-m', 'venv', folder);
  run(python, '-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', ...packages);
  run(python, '-c', `open(${JSON.stringify(join(folder, 'complete'))}, "w")`);
  return python;
}

/**
 * A package of Debian, unpacked into `folder` and not installed, so that no server is started. Gives
 * the folder that stands for the root. Throws where there is no apt-get or no network.
 */
export function unpackDebian(name: string, folder: string): string {
  if (existsSync(folder)) return folder;
  const draft = `${folder}.draft`;
  rmSync(draft, { recursive: true, force: true });
  mkdirSync(draft, { recursive: true });
  run('sh', '-c', 'cd "$0" && apt-get download -qq "$1"', draft, name);
  const archive = readdirSync(draft).find((file) => file.endsWith('.deb')) ?? '';
  run('dpkg', '-x', join(draft, archive), draft);
  renameSync(draft, folder);
  return folder;
}

/** Runs a program to its end, and throws with its stderr if it fails. */
export function run(file: string, ...args: string[]): void {
  execFileSync(file, args, { stdio: 'pipe' });
}

/** What `install` gives. If that cannot be had, the reason becomes a line of `skipped`. */
export function attempt<T>(what: string, skipped: string[], install: () => T): T | undefined {
  try {
    return install();
  } catch (error) {
    const said = (error as { stderr?: Buffer }).stderr?.toString().trim() ?? '';
    skipped.push(`${what}: ${said === '' ? String(error) : said.split('\n').at(-1)}`);
    return undefined;
  }
}
