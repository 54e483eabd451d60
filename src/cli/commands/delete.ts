import type { Command } from 'commander';
import { MlregError } from '../../core/errors.ts';
import { parseExplicitReference } from '../../core/reference.ts';
import type { Act } from '../command-module.ts';
import { registryCodes, type CommandHelp } from '../help/command-help.ts';

export function define(parent: Command, act: Act): Command {
  return parent
    .command('delete')
    .argument('<ref>', 'the version, by its number, digest or stage')
    .summary('take a version out of the registry')
    .description(
      'Deletes a version: it is in no list any more, and nothing can go back to it. Its number is never used again, and the history keeps what ' +
        'happened to it. A version that a stage points at cannot be deleted. To stop a version from being used, yank it instead.',
    )
    .option('--yes', 'do it: without, nothing is changed')
    .option('-m, --message <text>', 'why, for the history')
    .action(
      act(async (session, text: string, { yes, message }: { yes?: boolean; message?: string }) => {
        const ref = parseExplicitReference(text);
        const [{ deleteVersion }, { requireOne }, { resolve }, { deleteView }] = await Promise.all([
          import('../../registry/delete-version.ts'),
          import('../../registry/require-one.ts'),
          import('../../registry/resolve.ts'),
          import('../../render/delete-view.ts'),
        ]);
        await session.withRegistry(async (registry) => {
          requireOne(ref, 'delete');
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

export function help(): CommandHelp {
  return {
    examples: [
      [
        'Take out what was registered by mistake:',
        'mlreg delete digits@1.0.0 --yes -m "registered by mistake"',
      ],
    ],
    output: 'JSON: ref, name, version, digest, changed. --quiet prints the reference.',
    exitCodes: {
      2: 'no --yes, or no version was named: nothing was changed',
      3: 'no such registry, model or version, or it was deleted before',
      4: 'a stage points at the version',
      ...registryCodes,
    },
    seeAlso: ['yank', 'demote', 'history'],
  };
}
