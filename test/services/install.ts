import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, rmSync } from 'node:fs';
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
