import type { Command } from 'commander';
import { resolve } from 'node:path';
import { MlregError } from '../../core/errors.ts';
import { namedHome } from '../../defaults/find-home.ts';
import type { Act } from '../command-module.ts';
import { registryCodes, type CommandHelp } from '../help/command-help.ts';
import { parseFolder } from '../options.ts';
import { registryOption } from '../registry-option.ts';

export function define(parent: Command, act: Act): Command {
  return parent
    .command('init')
    .argument('[dir]', 'the folder that becomes the registry (default ./registry)')
    .summary('make a registry')
    .description(
      'Makes a registry in DIR (default ./registry), with the stages staging and production. Where there is one, nothing changes. DIR must be ' +
        'empty or new: a folder that holds other files is refused, except for README.md, FORMAT.md and what git keeps there.',
    )
    .option('--shared', "let the folder's group use it: for a team on one host")
    .action(
      act(async (session, dir: string | undefined, { shared }: { shared?: boolean }) => {
        const [{ createRegistry, isShared }, { initView }] = await Promise.all([
          import('../../open-registry.ts'),
          import('../../render/init-view.ts'),
        ]);
        const { cwd, env, options } = session;
        if (dir !== undefined && options.registry !== undefined) {
          throw new MlregError('USAGE', 'DIR and --registry both name the registry', {
            hint: 'give one of them',
          });
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
          await session.output.show(
            'init',
            initView,
            { home, id, stages, shared: isShared(home), changed, option },
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
      ['Make a registry in ./registry:', 'mlreg init'],
      ['For a team on one host, in a folder of its group:', 'mlreg init --shared ~/team/registry'],
      ['Make one that MLREG_REGISTRY or --registry will name:', 'mlreg init ~/models/registry'],
    ],
    output: 'JSON: registry (the folder), id, stages, shared, changed. --quiet prints the folder.',
    exitCodes: {
      0: 'made, or there already',
      2: 'wrong flags, or other files are in the way',
      4: '--shared, and there is one that only its owner may use',
      6: 'there is one, and it is damaged',
      7: registryCodes[7],
      8: registryCodes[8],
    },
    seeAlso: ['register', 'doctor', 'completion'],
  };
}
