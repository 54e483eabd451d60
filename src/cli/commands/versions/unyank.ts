import type { Command } from 'commander';
import { parseExplicitReference } from '../../../core/versions/reference.ts';
import type { Act } from '../../command-module.ts';
import { registryCodes, type CommandHelp } from '../../help/command-help.ts';

export function define(parent: Command, act: Act): Command {
  return parent
    .command('unyank')
    .argument('<ref>', 'version, by number, digest or stage: digits@1.1.0')
    .summary('undo a yank')
    .description('Undoes a yank, so that latest, ranges and promotions use the version again.')
    .option('-m, --message <why>', 'reason, recorded in the history')
    .action(
      act(async (session, text: string, { message }: { message?: string }) => {
        const ref = parseExplicitReference(text);
        const [{ yank }, { yankView }] = await Promise.all([
          import('../../../api/verbs/versions/yank.ts'),
          import('../../../render/versions/yank-view.ts'),
        ]);
        await session.withRegistry(async (registry) => {
          const result = await yank(registry, {
            ref,
            reason: null,
            ...(message === undefined ? {} : { message }),
          });
          await session.output.show('unyank', yankView, result, {
            changed: result.changed,
            warnings: result.warnings,
          });
        });
      }),
    );
}

export function help(): CommandHelp {
  return {
    examples: [['Undo a yank:', 'mlreg unyank digits@1.1.0 -m "the labels were right"']],
    output: '--quiet prints the reference.',
    exitCodes: {
      0: 'unyanked, or was not yanked',
      2: 'a range or latest, which skip yanked versions',
      3: 'no such registry or version',
      ...registryCodes,
    },
    seeAlso: ['yank'],
  };
}
