import { execFile, spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { bin, cleanEnv } from './run-cli.ts';

export const root = dirname(dirname(bin));

/** Why npm or tar cannot be run here, for a test's `skip`; false where they can. */
export const noNpm = ['npm', 'tar'].every((name) => spawnSync(name, ['--version']).status === 0)
  ? false
  : 'npm or tar is not on the PATH';

/**
 * Runs npm under this test's own Node, with a cache of its own in `folder` and nothing of the
 * user's settings. Resolves with stdout.
 */
export async function npm(
  folder: string,
  args: string[],
  settings: Record<string, string> = {},
): Promise<string> {
  const env = cleanEnv({
    PATH: `${dirname(process.execPath)}:${process.env['PATH']}`,
    npm_config_cache: join(folder, '.npm'),
    npm_config_userconfig: join(folder, '.npmrc'),
    npm_config_update_notifier: 'false',
    npm_config_audit: 'false',
    npm_config_fund: 'false',
    ...settings,
  });
  const { stdout } = await promisify(execFile)('npm', args, { cwd: root, env, maxBuffer: 2 ** 26 });
  return stdout;
}

/**
 * The package as it would be published, of what is built now: the path of the tarball in `folder`.
 */
export async function packTarball(folder: string): Promise<string> {
  const [packed] = JSON.parse(
    await npm(folder, ['pack', '--ignore-scripts', '--json', '--pack-destination', folder]),
  ) as [{ filename: string }];
  return join(folder, packed.filename);
}
