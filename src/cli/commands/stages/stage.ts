import type { Command } from 'commander';
import { parseStageName } from '../../../core/versions/reference.ts';
import type { Act } from '../../command-module.ts';
import { registryCodes, type CommandHelp } from '../../help/command-help.ts';

interface AddOptions {
  after?: string;
  message?: string;
}

export function define(parent: Command, act: Act): Command {
  const command = parent
    .command('stage')
    .summary('list, add or remove stages')
    .description(
      'Manages the stages of the registry, in promotion order. Versions can only be promoted to declared stages.',
    )
    .helpCommand(false);
  command
    .command('list')
    .summary('list the stages')
    .description('Lists the declared stages, in order.')
    .action(
      act(async (session) => {
        const [{ listStages }, { stagesView }] = await Promise.all([
          import('../../../api/verbs/stages/stage.ts'),
          import('../../../render/stages/stages-view.ts'),
        ]);
        await session.withRegistry(async (registry) =>
          session.output.show('stage', stagesView, await listStages(registry), { changed: false }),
        );
      }),
    );
  command
    .command('add')
    .argument('<new-stage>', 'stage name: a lower-case word')
    .summary('add a stage')
    .description('Adds a stage at the end of the order, or after another stage.')
    .option('--after <stage>', 'add it after this stage')
    .option('-m, --message <text>', 'reason, recorded in the history')
    .action(
      act(async (session, text: string, { after, message }: AddOptions) => {
        const input = {
          stage: parseStageName(text),
          ...(after === undefined ? {} : { after: parseStageName(after) }),
          ...(message === undefined ? {} : { message }),
        };
        const [{ addStage }, { addedStageView, declaredBefore }] = await Promise.all([
          import('../../../api/verbs/stages/stage.ts'),
          import('../../../render/stages/stages-view.ts'),
        ]);
        await session.withRegistry(async (registry) => {
          const result = await addStage(registry, input);
          const { changed, warnings } = result;
          const notes = changed || warnings.length > 0 ? [] : [declaredBefore(input.stage)];
          await session.output.show('stage', addedStageView(input.stage), result, {
            changed,
            warnings,
            notes,
          });
        });
      }),
    );
  command
    .command('remove')
    .argument('<stage>', 'stage name')
    .summary('remove a stage')
    .description(
      'Removes a stage that is empty in all models. Its history is kept, and continues if the stage is added again.',
    )
    .option('-m, --message <text>', 'reason, recorded in the history')
    .action(
      act(async (session, text: string, { message }: { message?: string }) => {
        const input = { stage: parseStageName(text), ...(message === undefined ? {} : { message }) };
        const [{ removeStage }, { stagesView }] = await Promise.all([
          import('../../../api/verbs/stages/stage.ts'),
          import('../../../render/stages/stages-view.ts'),
        ]);
        await session.withRegistry(async (registry) => {
          const result = await removeStage(registry, input);
          await session.output.show('stage', stagesView, result, { changed: result.changed });
        });
      }),
    );
  return command;
}

const codes = {
  3: 'no such registry or stage',
  4: 'the stage is not empty',
  ...registryCodes,
};

export function help(): CommandHelp {
  return {
    examples: [
      ['List the stages:', 'mlreg stage list'],
      ['Add a stage between staging and production:', 'mlreg stage add canary --after staging'],
    ],
    output: '--quiet prints their names.',
    exitCodes: { 0: 'done, or nothing to do', ...codes },
    seeAlso: ['promote', 'demote', 'history'],
    commands: {
      list: {
        examples: [['List the stages:', 'mlreg stage list']],
        output: '--quiet prints their names.',
        exitCodes: { 3: 'no such registry', ...registryCodes },
        seeAlso: ['stage', 'list'],
      },
      add: {
        examples: [['Add a stage between staging and production:', 'mlreg stage add canary --after staging']],
        output: '--quiet prints their names.',
        exitCodes: {
          0: 'done, or nothing to do',
          3: 'no such registry, or no such stage for --after',
          ...registryCodes,
        },
        seeAlso: ['stage', 'promote'],
      },
      remove: {
        examples: [['Remove an empty stage:', 'mlreg stage remove qa']],
        output: '--quiet prints their names.',
        exitCodes: codes,
        seeAlso: ['stage', 'demote'],
      },
    },
  };
}
