import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { bin } from './run-cli.ts';
import type { Cleanup } from './temp-folder.ts';

const modules = join(dirname(dirname(bin)), 'node_modules');
/** Of onnxruntime-node, what is for other systems: most of it, and nothing here loads it. */
const foreign = ['darwin', 'linux', 'win32']
  .filter((platform) => platform !== process.platform)
  .map((platform) => `--exclude=bin/napi-v*/${platform}`);

/**
 * A package registry on this machine that offers what is installed here, so that npm can install
 * without a network, and the versions that the lock file names. Returns its address.
 */
export async function servePackages(test: Cleanup): Promise<string> {
  const server = createServer((request, response) => {
    const name = decodeURIComponent(request.url ?? '').slice(1);
    if (name.startsWith('-/tarball/')) {
      const folder = name.slice('-/tarball/'.length);
      // npm takes the first folder of the archive off, whatever its name is.
      const flags = ['--exclude=node_modules', ...foreign, '-cf', '-', '.'];
      spawn('tar', ['-C', join(modules, folder), ...flags], {
        stdio: ['ignore', 'pipe', 'ignore'],
      }).stdout.pipe(response);
      return;
    }
    try {
      const manifest = JSON.parse(readFileSync(join(modules, name, 'package.json'), 'utf8')) as {
        version: string;
      };
      const tarball = `http://${request.headers.host}/-/tarball/${name}`;
      const { version } = manifest;
      const versions = { [version]: { ...manifest, dist: { tarball } } };
      response.end(JSON.stringify({ name, 'dist-tags': { latest: version }, versions }));
    } catch {
      response.writeHead(404).end('{}');
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  test.after(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}
