import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** The suites of `onnx` are tied to its version. */
const onnxVersion = '1.23.2';
const debianData = 'usr/share/libonnx-testdata/data';

/** ONNX Runtime as Node has it: Python's must be the same, or differences would be those of the versions. */
export function runtimeVersion(): string {
  const entry = createRequire(import.meta.url).resolve('onnxruntime-node');
  const { version } = JSON.parse(readFileSync(join(dirname(entry), '..', 'package.json'), 'utf8')) as {
    version: string;
  };
  return version;
}

/** A Python with `onnx` and `onnxruntime` of PyPI. Throws where there is none, or no network. */
export function installPython(cache: string): { python: string; packages: string } {
  const packages = [`onnx==${onnxVersion}`, `onnxruntime==${runtimeVersion()}`];
  const folder = join(cache, `python-${packages.join('-').replaceAll('==', '-')}`);
  const python = join(folder, 'bin', 'python');
  if (!existsSync(join(folder, 'complete'))) {
    rmSync(folder, { recursive: true, force: true });
    run('python3', '-m', 'venv', folder);
    run(python, '-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', ...packages);
    run(python, '-c', `import onnx, onnxruntime; open(${JSON.stringify(join(folder, 'complete'))}, "w")`);
  }
  return { python, packages: packages.join(' ').replaceAll('==', ' ') };
}

/** The folder of Debian's libonnx-testdata: the installed one, else one that is unpacked in the cache. Throws where it cannot be had. */
export function findDebianData(cache: string): string {
  const folder = join(cache, 'libonnx-testdata');
  for (const root of ['/', folder]) if (existsSync(join(root, debianData))) return join(root, debianData);
  // Needs no root, and leaves the system as it is.
  run('mkdir', '-p', folder);
  execFileSync('apt-get', ['download', 'libonnx-testdata'], { cwd: folder, stdio: 'pipe' });
  const archive = readdirSync(folder).find((name) => name.endsWith('.deb')) ?? '';
  run('dpkg-deb', '-x', join(folder, archive), folder);
  return join(folder, debianData);
}

function run(file: string, ...args: string[]): void {
  execFileSync(file, args, { stdio: 'pipe' });
}
