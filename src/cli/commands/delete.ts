import type { Command } from 'commander';
import { MlregError } from '../../core/errors.ts';
import { parseExplicitReference } from '../../core/reference.ts';
import type { Act } from '../command-module.ts';

export function define(parent: Command, act: Act): Command {
  return parent
    .command('delete <ref>')
    .summary('take a version out of the registry')
    .description(
      'Deletes a version: it is in no list any more, and nothing can go back to it. Its number is never used again, and the history keeps what ' +
        'happened to it. A version that a stage points at cannot be deleted. To stop a version from being used, yank it instead.',
    )
    .option('--yes', 'do it: without, nothing is changed')
    .option('-m, --message <text>', 'why, for the history')
    .addHelpText('after', '\nExample:\n  mlreg delete digits@1.0.1 --yes -m "registered by mistake"\n')
    .action(
      act(async (session, text: string, { yes, message }: { yes?: boolean; message?: string }) => {
        const ref = parseExplicitReference(text);
        const [{ deleteVersion }, { resolve }, { deleteView }] = await Promise.all([
          import('../../registry/delete-version.ts'),
          import('../../registry/resolve.ts'),
          import('../../render/delete-view.ts'),
        ]);
        await session.withRegistry(async (registry) => {
          if (yes !== true) {
            const { name, version } = await resolve(registry, ref);
            throw new MlregError(
              'USAGE',
              `${name}@${version} would be deleted for good; nothing was changed`,
              {
                hint: `mlreg delete ${name}@${version} --yes  (or mlreg yank ${name}@${version} -m WHY, which can be undone)`,
              },
            );
          }
          const result = await deleteVersion(registry, {
            ref,
            ...(message === undefined ? {} : { message }),
          });
          const { changed, warnings } = result;
          await session.output.show('delete', deleteView, result, { changed, warnings });
        });
      }),
    );
}
