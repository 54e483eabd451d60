import { spawnSync } from 'node:child_process';
import { delimiter, join } from 'node:path';
import { attempt, unpackDebian } from '../install.ts';
import type { ServiceOutcome } from '../service.ts';

/** The metrics of `mlreg serve`, read by Prometheus' own tool: the test that `npm test` skips without it. */
export async function prometheus(cache: string): Promise<ServiceOutcome> {
  const skipped: string[] = [];
  const bin = attempt('promtool', skipped, () =>
    join(unpackDebian('prometheus', join(cache, 'prometheus')), 'usr', 'bin'),
  );
  if (bin === undefined) return { ran: false, ok: true, skipped };
  const env = { ...process.env, PATH: `${process.env['PATH']}${delimiter}${bin}` };
  const suite = 'test/serve/observe/promtool.test.ts';
  const { status } = spawnSync(process.execPath, ['--test', suite], { env, stdio: 'inherit' });
  return { ran: true, ok: status === 0, skipped };
}
