import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { attempt, run } from '../install.ts';
import type { ServiceOutcome } from '../service.ts';

/** The metrics of `mlreg serve`, read by Prometheus' own tool: the test that `npm test` skips without it. */
export async function prometheus(cache: string): Promise<ServiceOutcome> {
  const skipped: string[] = [];
  const bin = attempt('promtool', skipped, () => install(join(cache, 'prometheus')));
  if (bin === undefined) return { ran: false, ok: true, skipped };
  const env = { ...process.env, PATH: `${process.env['PATH']}${delimiter}${bin}` };
  const suite = 'test/serve/observe/promtool.test.ts';
  const { status } = spawnSync(process.execPath, ['--test', suite], { env, stdio: 'inherit' });
  return { ran: true, ok: status === 0, skipped };
}

/** Debian's package, unpacked and not installed, so that no server is started. */
function install(folder: string): string {
  const bin = join(folder, 'usr', 'bin');
  if (existsSync(join(bin, 'promtool'))) return bin;
  const draft = `${folder}.draft`;
  rmSync(draft, { recursive: true, force: true });
  mkdirSync(draft, { recursive: true });
  run('sh', '-c', 'cd "$0" && apt-get download -qq prometheus', draft);
  const archive = readdirSync(draft).find((name) => name.endsWith('.deb')) ?? '';
  run('dpkg', '-x', join(draft, archive), draft);
  rmSync(folder, { recursive: true, force: true });
  renameSync(draft, folder);
  return bin;
}
