import type { Command } from 'commander';
import { MlregError } from '../../../core/errors.ts';
import { quote } from '../../../core/text/quote.ts';
import { parseExplicitReference } from '../../../core/versions/reference.ts';
import type { Act } from '../../command-module.ts';
import { registryCodes, type CommandHelp } from '../../help/command-help.ts';

export function define(parent: Command, act: Act): Command {
  return parent
    .command('yank')
    .argument('<ref>', 'version, for example digits@1.1.0 or digits@staging (see mlreg help references)')
    .summary('mark a version as unusable')
    .description(
      'Marks a version as unusable: latest, ranges and promotions skip it. It can still be pulled by its exact number. Stages are not moved.',
    )
    .requiredOption('-m, --message <why>', 'reason, recorded in the history')
    .action(
      act(async (session, text: string, { message }: { message: string }) => {
        const ref = parseExplicitReference(text);
        if (message.trim() === '') {
          throw new MlregError('USAGE', `--message must give a reason for the yank, not ${quote(message)}`, {
            hint: `mlreg yank ${text} -m "what is wrong with it"`,
          });
        }
        const [{ yank }, { yankView }] = await Promise.all([
          import('../../../api/verbs/versions/yank.ts'),
          import('../../../render/versions/yank-view.ts'),
        ]);
        await session.withRegistry(async (registry) => {
          const result = await yank(registry, { ref, reason: message });
          await session.output.show('yank', yankView, result, {
            changed: result.changed,
            warnings: result.warnings,
          });
        });
      }),
    );
}

export function help(): CommandHelp {
  return {
    examples: [['Prevent promoting a version:', 'mlreg yank digits@1.1.0 -m "trained on leaked labels"']],
    output: '--quiet prints the reference.',
    exitCodes: { 0: 'yanked, or already yanked', 3: 'no such registry or version', ...registryCodes },
    seeAlso: ['unyank', 'rollback', 'references'],
  };
}
