import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { run } from '../install.ts';

/** The suites of `onnx` are tied to its version. */
const onnxVersion = '1.23.2';
const debianData = 'usr/share/libonnx-testdata/data';

/**
 * ONNX Runtime as Node has it: Python's must be the same, or differences would be those of the
 * versions.
 */
function runtimeVersion(): string {
  const entry = createRequire(import.meta.url).resolve('onnxruntime-node');
  const { version } = JSON.parse(readFileSync(join(dirname(entry), '..', 'package.json'), 'utf8')) as {
    version: string;
  };
  return version;
}

/** The packages of PyPI that hold and run the suites. */
export function pythonPackages(): string[] {
  return [`onnx==${onnxVersion}`, `onnxruntime==${runtimeVersion()}`];
}

/**
 * The folder of Debian's libonnx-testdata: the installed one, else one that is unpacked in the
 * cache. Throws where it cannot be had.
 */
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
