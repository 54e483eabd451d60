import type { Command } from 'commander';
import { parseModelName, parseStageName } from '../../../core/versions/reference.ts';
import type { Act } from '../../command-module.ts';
import { registryCodes, type CommandHelp } from '../../help/command-help.ts';
import { parseCount } from '../../options/options.ts';

interface Options {
  metric?: string;
  stage?: string;
  limit: number;
}

export function define(parent: Command, act: Act): Command {
  return parent
    .command('trend')
    .argument('<name>', 'model name')
    .summary('plot a metric over the versions of a model')
    .description(
      'Plots a metric over the versions of a model, lowest version first, and marks current and former holders of a stage.',
    )
    .option('--metric <metric>', 'metric to plot (default: the main metric)')
    .option('--stage <stage>', 'stage whose holders are marked (default: the last declared stage)')
    .option('--limit <n>', 'number of highest versions', parseCount('--limit', 1, 1000), 30)
    .action(
      act(async (session, text: string, { metric, stage, limit }: Options) => {
        const name = parseModelName(text);
        const [{ trend }, { trendView }] = await Promise.all([
          import('../../../api/verbs/inspect/trend.ts'),
          import('../../../render/inspect/trend-view.ts'),
        ]);
        const input = {
          name,
          limit,
          ...(metric === undefined ? {} : { metric }),
          ...(stage === undefined ? {} : { stage: parseStageName(stage) }),
        };
        await session.withRegistry(async (registry) =>
          session.output.show('trend', trendView, await trend(registry, input)),
        );
      }),
    );
}

export function help(): CommandHelp {
  return {
    examples: [
      ['Plot the main metric:', 'mlreg trend digits'],
      [
        'Plot one metric, with the holders of staging:',
        'mlreg trend digits --metric accuracy --stage staging',
      ],
    ],
    output: '--quiet prints the references.',
    exitCodes: {
      2: 'wrong flags, or a metric that no version has',
      3: 'no such registry, model or stage',
      ...registryCodes,
    },
    seeAlso: ['compare', 'list', 'history'],
  };
}
