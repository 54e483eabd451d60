import { isAbsolute, relative, resolve } from 'node:path';
import type { Command } from 'commander';
import { shellWord } from '../../../core/text/quote.ts';
import { namedHome, nearestHome } from '../../../defaults/home-and-actor.ts';
import type { Act } from '../../command-module.ts';
import { type CommandHelp, registryCodes } from '../../help/command-help.ts';
import { notTogether, parseFolder } from '../../options/options.ts';

export function define(parent: Command, act: Act): Command {
  return parent
    .command('init')
    .argument('[dir]', 'registry folder (default ./registry)')
    .summary('create a registry')
    .description(
      'Creates a registry in DIR (default ./registry) with stages staging and production. An existing registry is not changed. DIR must be ' +
        "new or empty, except for README.md, FORMAT.md and git's own files.",
    )
    .option('--shared', "share it with the folder's group, for a team on one host")
    .action(
      act(async (session, dir: string | undefined, { shared }: { shared?: boolean }) => {
        const [{ createRegistry }, { localFolder }, { initView }] = await Promise.all([
          import('../../../open-registry.ts'),
          import('../../../registry/registry.ts'),
          import('../../../render/maintain/init-view.ts'),
        ]);
        const { cwd, env, options } = session;
        if (dir !== undefined && options.registry !== undefined) {
          throw notTogether('DIR', '--registry');
        }
        const home =
          dir === undefined
            ? (namedHome(options.registry, env, cwd) ?? resolve(cwd, 'registry'))
            : resolve(cwd, parseFolder('mlreg init')(dir));
        const { registry, changed, warnings } = await createRegistry(
          home,
          session.openOptions(),
          shared === true ? 'group' : 'owner',
        );
        try {
          const { id } = await registry.metadata.registry();
          const stages = await registry.metadata.stages();
          const option = registryOption(home, env, cwd);
          const isShared = localFolder(registry, 'init').isShared();
          await session.output.show(
            'init',
            initView,
            { home, id, stages, shared: isShared, changed, option },
            { changed, warnings },
          );
        } finally {
          await registry.close();
        }
      }),
    );
}

export function help(): CommandHelp {
  return {
    examples: [
      ['Create a registry in ./registry:', 'mlreg init'],
      ['Create one for a team on one host, in a folder of its group:', 'mlreg init --shared ~/team/registry'],
      ['Create one elsewhere, for MLREG_REGISTRY or --registry:', 'mlreg init ~/models/registry'],
    ],
    output: '--quiet prints the folder.',
    exitCodes: {
      0: 'created, or already exists',
      2: 'wrong flags, or DIR contains other files',
      4: '--shared, but the existing registry is private',
      6: 'the existing registry is damaged',
      7: registryCodes[7],
      8: registryCodes[8],
    },
    seeAlso: ['register', 'doctor', 'completion'],
  };
}

/**
 * The option that selects the registry `home` for a command in `cwd`, with a leading space; empty
 * if the command finds it without one.
 */
export function registryOption(home: string, env: NodeJS.ProcessEnv, cwd: string): string {
  if ((namedHome(undefined, env, cwd) ?? nearestHome(cwd)) === home) return '';
  const path = relative(cwd, home);
  const isBelow = path !== '' && !path.startsWith('..') && !isAbsolute(path);
  return ` --registry ${shellWord(isBelow ? path : home)}`;
}
