import type { Command } from 'commander';
import { parseModelName } from '../../core/versions/model-name.ts';
import { parseStageName } from '../../core/events/stage.ts';
import type { Act } from '../command-module.ts';
import { registryCodes, type CommandHelp } from '../help/command-help.ts';
import { parseExpect } from '../options.ts';

interface Options {
  stage: string;
  expect?: string;
  message?: string;
}

export function define(parent: Command, act: Act): Command {
  return parent
    .command('demote')
    .argument('<name>', 'model name')
    .summary('empty a stage')
    .description('Empties a stage of a model. A rollback restores its holder.')
    .requiredOption('--stage <stage>', 'stage name')
    .option('--expect <version>', 'only if this version currently holds the stage')
    .option('-m, --message <text>', 'reason, recorded in the history')
    .action(
      act(async (session, text: string, { stage, expect, message }: Options) => {
        const name = parseModelName(text);
        const input = {
          name,
          stage: parseStageName(stage),
          ...(expect === undefined ? {} : { expect: parseExpect(expect) }),
          ...(message === undefined ? {} : { message }),
        };
        const [{ demote }, { demoteView }] = await Promise.all([
          import('../../api/verbs/demote.ts'),
          import('../../render/stages/move-view.ts'),
        ]);
        await session.withRegistry(async (registry) => {
          const result = await demote(registry, input);
          await session.output.show('demote', demoteView, result, {
            changed: result.changed,
            warnings: result.warnings,
          });
        });
      }),
    );
}

export function help(): CommandHelp {
  return {
    examples: [['Empty staging:', 'mlreg demote digits --stage staging']],
    output: '--quiet prints nothing: the stage is empty.',
    exitCodes: {
      0: 'the stage is empty, or was already ("changed": false)',
      3: 'no such registry, model or stage',
      4: '--expect did not match',
      ...registryCodes,
    },
    seeAlso: ['promote', 'rollback', 'history'],
  };
}
