import type { Command } from 'commander';
import { MlregError } from '../../core/errors.ts';
import { parseExplicitReference } from '../../core/versions/reference.ts';
import type { Act } from '../command-module.ts';
import { registryCodes, type CommandHelp } from '../help/command-help.ts';

export function define(parent: Command, act: Act): Command {
  return parent
    .command('delete')
    .argument('<ref>', 'version, by number, digest or stage: digits@1.1.0')
    .summary('delete a version')
    .description(
      'Deletes a version: it is no longer listed and cannot be restored. Its number is not reused, and its history is kept. ' +
        'A version that holds a stage cannot be deleted. To only stop its use, yank it.',
    )
    .option('--yes', 'delete it; without --yes nothing is changed')
    .option('-m, --message <text>', 'reason, recorded in the history')
    .action(
      act(async (session, text: string, { yes, message }: { yes?: boolean; message?: string }) => {
        const ref = parseExplicitReference(text);
        const [{ deleteVersion }, { requireOne }, { resolve }, { deleteView }] = await Promise.all([
          import('../../api/verbs/delete.ts'),
          import('../../registry/resolve.ts'),
          import('../../registry/resolve.ts'),
          import('../../render/versions/delete-view.ts'),
        ]);
        await session.withRegistry(async (registry) => {
          requireOne(ref, 'delete');
          if (yes !== true) {
            const { name, version } = await resolve(registry, ref);
            throw new MlregError(
              'USAGE',
              `this would permanently delete ${name}@${version}; nothing was changed`,
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

export function help(): CommandHelp {
  return {
    examples: [
      [
        'Delete a version that was registered by mistake:',
        'mlreg delete digits@1.0.0 --yes -m "registered by mistake"',
      ],
    ],
    output: '--quiet prints the reference.',
    exitCodes: {
      2: '--yes is missing, or no version was named: nothing was changed',
      3: 'no such registry, model or version, or already deleted',
      4: 'the version holds a stage',
      ...registryCodes,
    },
    seeAlso: ['yank', 'demote', 'history'],
  };
}
