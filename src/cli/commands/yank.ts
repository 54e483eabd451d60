import type { Command } from 'commander';
import { MlregError } from '../../core/errors.ts';
import { quote } from '../../core/quote.ts';
import { parseExplicitReference } from '../../core/reference.ts';
import type { Act } from '../command-module.ts';

export function define(parent: Command, act: Act): Command {
  return parent
    .command('yank <ref>')
    .summary('mark a version as unfit')
    .description(
      'Marks a version as unfit: latest, ranges and promotions pass it by. It can still be fetched by its exact number, and no stage is moved.',
    )
    .requiredOption('-m, --message <why>', 'the reason')
    .addHelpText('after', '\nExample:\n  mlreg yank digits@1.1.0 -m "trained on leaked labels"\n')
    .action(
      act(async (session, text: string, { message }: { message: string }) => {
        const ref = parseExplicitReference(text);
        if (message.trim() === '') {
          throw new MlregError('USAGE', `--message ${quote(message)} gives no reason for the yank`, {
            hint: `mlreg yank ${text} -m "what is wrong with it"`,
          });
        }
        const [{ yank }, { yankView }] = await Promise.all([
          import('../../registry/yank.ts'),
          import('../../render/yank-view.ts'),
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
