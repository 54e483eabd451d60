import type { Command } from 'commander';
import { MlregError } from '../../core/errors.ts';
import { parseReference } from '../../core/reference.ts';
import type { Act } from '../command-module.ts';
import { markdownOption } from '../options.ts';

const most = 10;

export function define(parent: Command, act: Act): Command {
  return parent
    .command('compare <refs...>')
    .summary('compare versions: metrics, signature, params, data, files, latency')
    .description(
      `Compares versions, two to ${most}, of one model or of several; the first is what the others are compared with. Metrics ` +
        'are called better or worse where their name tells the direction, latencies only where they were measured alike.',
    )
    .option('--all', 'show what is equal, too')
    .addOption(markdownOption())
    .addHelpText(
      'after',
      '\nExamples:\n  mlreg compare digits@production digits\n  mlreg compare digits@1.0.0 digits@1.1.0 --markdown >> "$GITHUB_STEP_SUMMARY"\n',
    )
    .action(
      act(async (session, texts: string[], options: { all?: boolean }) => {
        if (texts.length < 2 || texts.length > most) {
          throw new MlregError('USAGE', `${texts.length} references given, not 2 to ${most}`, {
            hint: 'name what to compare with first: mlreg compare digits@production digits',
          });
        }
        const references = texts.map(parseReference);
        const [{ compare }, { compareView }] = await Promise.all([
          import('../../registry/compare.ts'),
          import('../../render/compare-view.ts'),
        ]);
        await session.withRegistry(async (registry) => {
          const view = compareView({ all: options.all === true });
          await session.output.show('compare', view, await compare(registry, references));
        });
      }),
    );
}
