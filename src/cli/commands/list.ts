import type { Command } from 'commander';
import { MlregError } from '../../core/errors.ts';
import { parseModelName } from '../../core/model-name.ts';
import type { Act } from '../command-module.ts';
import { parseCount } from '../options.ts';

interface Options {
  limit: number;
  page?: string;
  all?: boolean;
}

const slice = 500;

export function define(parent: Command, act: Act): Command {
  return parent
    .command('list [name]')
    .summary('list models, or the versions of one')
    .description(
      'Lists the models with their latest version and stages, or the versions of one model, highest first.',
    )
    .option('--limit <n>', 'how many', parseCount('--limit', 1, 10_000), 50)
    .option('--page <token>', 'continue a list: the nextPage of the one before')
    .option('--all', 'list everything, yanked versions included')
    .addHelpText('after', '\nExample:\n  mlreg list digits --limit 5\n')
    .action(
      act(async (session, text: string | undefined, { limit, page, all }: Options) => {
        const name = text === undefined ? undefined : parseModelName(text);
        if (all === true && page !== undefined) {
          throw new MlregError('USAGE', '--all and --page exclude each other', {
            hint: 'leave out one of them',
          });
        }
        const [{ listModels, listVersions }, views] = await Promise.all([
          import('../../registry/list.ts'),
          import('../../render/list-view.ts'),
        ]);
        const query = { limit: all === true ? slice : limit, ...(page === undefined ? {} : { page }) };
        await session.withRegistry(async (registry) => {
          if (name === undefined) {
            const result = await listModels(registry, query);
            while (all === true && result.nextPage !== null) {
              const more = await listModels(registry, { limit: slice, page: result.nextPage });
              result.models.push(...more.models);
              result.nextPage = more.nextPage;
            }
            await session.output.show('list', views.modelsView, result);
            return;
          }
          const yanked = all === true;
          const result = await listVersions(registry, { name, yanked, ...query });
          while (all === true && result.nextPage !== null) {
            const more = await listVersions(registry, { name, yanked, limit: slice, page: result.nextPage });
            result.versions.push(...more.versions);
            result.nextPage = more.nextPage;
          }
          await session.output.show('list', views.versionsView, result);
        });
      }),
    );
}
