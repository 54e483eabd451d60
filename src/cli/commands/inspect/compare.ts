import type { Command } from 'commander';
import { parseReference } from '../../../core/versions/reference.ts';
import type { Act } from '../../command-module.ts';
import { registryCodes, type CommandHelp } from '../../help/command-help.ts';
import { markdownOption } from '../../options/options.ts';

export function define(parent: Command, act: Act): Command {
  return parent
    .command('compare')
    .argument('<refs...>', 'versions, for example digits@production digits (see mlreg help references)')
    .summary('compare versions: metrics, signature, params, data, files, latency')
    .description(
      'Compares 2 to 10 versions of one or several models with the first one. Metrics are marked better or worse if their direction ' +
        'is known, latencies only if they were measured under the same conditions.',
    )
    .option('--all', 'also show equal values')
    .addOption(markdownOption())
    .action(
      act(async (session, texts: string[], options: { all?: boolean }) => {
        const [{ compare, requireSeveral }, { compareView }] = await Promise.all([
          import('../../../api/verbs/inspect/compare.ts'),
          import('../../../render/inspect/compare-view.ts'),
        ]);
        requireSeveral(texts);
        const references = texts.map(parseReference);
        await session.withRegistry(async (registry) => {
          const view = compareView({ all: options.all === true });
          await session.output.show('compare', view, await compare(registry, references));
        });
      }),
    );
}

export function help(): CommandHelp {
  return {
    examples: [
      ['What would change in production:', 'mlreg compare digits@production digits'],
      ['As a comment on a pull request:', 'mlreg compare digits@1.0.0 digits@1.1.0 --markdown > comment.md'],
      [
        'Three versions, including equal values:',
        'mlreg compare digits@1.0.0 digits@1.0.1 digits@1.1.0 --all',
      ],
    ],
    output:
      'Lists follow the order of versions[], with null for missing values. delta, relative, better and signature compare the last version with the first; with more than two versions, deltas[] and signatures[] have every version after the first. In a pipe, each compared value is a row. --quiet prints the references.',
    exitCodes: {
      2: 'fewer than 2 references or more than 10',
      3: 'no such registry, model or version',
      ...registryCodes,
    },
    seeAlso: ['show', 'list', 'bench', 'references'],
  };
}
