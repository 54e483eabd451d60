import { execFileSync, spawnSync } from 'node:child_process';
import { attempt } from '../install.ts';
import type { ServiceOutcome } from '../service.ts';

/** The response cache in a Redis that is killed, stopped and started again: `npm test` skips it without one. */
export async function redis(): Promise<ServiceOutcome> {
  const skipped: string[] = [];
  const isThere = (): boolean => spawnSync('redis-server', ['--version']).error === undefined;
  if (!isThere())
    attempt('redis-server', skipped, () =>
      execFileSync('apt-get', ['install', '-y', '-qq', 'redis-server'], { stdio: 'pipe' }),
    );
  if (!isThere()) return { ran: false, ok: true, skipped };
  const { status } = spawnSync(process.execPath, ['--test', 'test/serve/redis-cache.test.ts'], {
    stdio: 'inherit',
  });
  return { ran: true, ok: status === 0, skipped };
}
