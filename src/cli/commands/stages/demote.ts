import type { Command } from 'commander';
import { parseModelName } from '../../../core/versions/reference.ts';
import type { Act } from '../../command-module.ts';
import { registryCodes, type CommandHelp } from '../../help/command-help.ts';
import {
  addStageArgument,
  expectOption,
  readExpect,
  ofStage,
  requiredStage,
  type StageFlags,
} from '../../options/stage-options.ts';

interface Options extends StageFlags {
  expect?: string;
  message?: string;
}

export function define(parent: Command, act: Act): Command {
  const command = parent
    .command('demote')
    .argument('<name>', 'model name')
    .summary('empty a stage')
    .description('Empties a stage of a model. A rollback restores its holder.');
  return addStageArgument(command, ofStage)
    .addOption(expectOption())
    .option('-m, --message <text>', 'reason, recorded in the history')
    .action(
      act(async (session, text: string, argument: string | undefined, options: Options) => {
        const { expect, message } = options;
        const name = parseModelName(text);
        const input = {
          name,
          stage: requiredStage(argument, options, { typed: `mlreg demote ${name}`, ways: ofStage }),
          ...readExpect(expect, name),
          ...(message === undefined ? {} : { message }),
        };
        const [{ demote }, { demoteView }] = await Promise.all([
          import('../../../api/verbs/stages/demote.ts'),
          import('../../../render/stages/move-view.ts'),
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
    examples: [['Empty staging:', 'mlreg demote digits staging']],
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
