import { spawnSync } from 'node:child_process';
import { delimiter, join } from 'node:path';
import { attempt, unpackDebian } from '../install.ts';
import type { ServiceOutcome } from '../service.ts';

/** Clients through nginx with the configuration of the guide: the test that `npm test` skips without it. */
export async function nginx(cache: string): Promise<ServiceOutcome> {
  const skipped: string[] = [];
  // Unpacked and not installed, so that no server is started.
  const root = attempt('nginx', skipped, () => unpackDebian('nginx', join(cache, 'nginx')));
  if (root === undefined) return { ran: false, ok: true, skipped };
  const env = { ...process.env, PATH: `${process.env['PATH']}${delimiter}${join(root, 'usr', 'sbin')}` };
  const { status } = spawnSync(process.execPath, ['--test', 'test/serve/nginx.test.ts'], {
    env,
    stdio: 'inherit',
  });
  return { ran: true, ok: status === 0, skipped };
}
