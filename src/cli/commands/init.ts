import type { Command } from 'commander';
import { resolve } from 'node:path';
import { MlregError } from '../../core/errors.ts';
import type { Act } from '../command-module.ts';
import { namedHome } from '../find-home.ts';
import { parseFolder } from '../options.ts';

export function define(parent: Command, act: Act): Command {
  return parent
    .command('init [dir]')
    .summary('make a registry')
    .description(
      'Makes a registry in DIR (default ./registry), with the stages staging and production. Where there is one, nothing changes.',
    )
    .option('--shared', "let the folder's group use it: for a team on one host")
    .addHelpText('after', '\nExample:\n  mlreg init /srv/models/registry\n')
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
        const { registry, changed } = await createRegistry(
          home,
          session.openOptions(),
          shared === true ? 'group' : 'owner',
        );
        try {
          const { id } = await registry.metadata.registry();
          const stages = await registry.metadata.stages();
          await session.output.show(
            'init',
            initView,
            { home, id, stages, shared: isShared(home), changed },
            { changed },
          );
        } finally {
          await registry.close();
        }
      }),
    );
}
