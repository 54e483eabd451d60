import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, renameSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { ServiceOutcome } from '../service.ts';

/** How each tool gets into the folder `bin`; nothing is installed that is on the path already. */
const installs: Record<string, (bin: string) => void> = {
  oras: (bin) => goInstall(bin, 'oras.land/oras/cmd/oras@v1.3.6'),
  // Debian's packages need a dozen libraries, so they are installed as root, or not at all.
  skopeo: () => aptInstall('skopeo'),
  'docker-registry': () => aptInstall('docker-registry'),
  // Where the module proxy lacks it, put a kit of your own on the path.
  kit: (bin) => {
    goInstall(bin, 'github.com/kitops-ml/kitops@latest');
    renameSync(join(bin, 'kitops'), join(bin, 'kit'));
  },
};

const suites = ['test/e2e/other-tools.test.ts', 'test/registry/copied-layouts.test.ts'];

/**
 * Exports and imports with the tools that write and read OCI image layouts: the tests that `npm
 * test` skips without them.
 */
export async function ociTools(cache: string): Promise<ServiceOutcome> {
  const bin = join(cache, 'oci-tools');
  mkdirSync(bin, { recursive: true });
  const env = { ...process.env, PATH: `${bin}${delimiter}${process.env['PATH']}` };
  const has = (tool: string): boolean => spawnSync(tool, ['--help'], { env }).error === undefined;
  const skipped: string[] = [];
  for (const [tool, install] of Object.entries(installs)) {
    if (has(tool)) continue;
    try {
      install(bin);
    } catch (error) {
      const said = (error as { stderr?: Buffer }).stderr?.toString().trim().split('\n').at(-1);
      skipped.push(`${tool}: ${said ?? String(error)}`);
    }
  }
  const installed = Object.keys(installs).filter(has);
  if (installed.length === 0) return { ran: false, ok: true, skipped };
  console.log(`with ${installed.join(', ')}`);
  const { status } = spawnSync(process.execPath, ['--test', ...suites], { env, stdio: 'inherit' });
  return { ran: true, ok: status === 0, skipped };
}

function aptInstall(name: string): void {
  execFileSync('apt-get', ['install', '-y', '-qq', name], { stdio: 'pipe' });
}

function goInstall(bin: string, module: string): void {
  execFileSync('go', ['install', module], { env: { ...process.env, GOBIN: bin }, stdio: 'pipe' });
}
