import type { Command } from 'commander';
import { parseStageName } from '../../core/stage.ts';
import type { Act } from '../command-module.ts';
import { registryCodes, type CommandHelp } from '../help/command-help.ts';

interface AddOptions {
  after?: string;
  message?: string;
}

export function define(parent: Command, act: Act): Command {
  const command = parent
    .command('stage')
    .summary('list, add or remove stages')
    .description(
      'The stages that the registry declares, in the order that a version passes them. Versions are promoted only to a stage that is declared.',
    )
    .helpCommand(false);
  command
    .command('list')
    .summary('list the stages')
    .description('Lists the declared stages, in order.')
    .action(
      act(async (session) => {
        const [{ listStages }, { stagesView }] = await Promise.all([
          import('../../registry/stages.ts'),
          import('../../render/stages-view.ts'),
        ]);
        await session.withRegistry(async (registry) =>
          session.output.show('stage', stagesView, await listStages(registry), { changed: false }),
        );
      }),
    );
  command
    .command('add')
    .argument('<new-stage>', 'its name: a lower-case word')
    .summary('declare a stage')
    .description('Declares a stage, at the end of the order or behind another one.')
    .option('--after <stage>', 'behind this stage')
    .option('-m, --message <text>', 'why, for the history')
    .action(
      act(async (session, text: string, { after, message }: AddOptions) => {
        const input = {
          stage: parseStageName(text),
          ...(after === undefined ? {} : { after: parseStageName(after) }),
          ...(message === undefined ? {} : { message }),
        };
        const [{ addStage }, { addedStageView, declaredBefore }] = await Promise.all([
          import('../../registry/stages.ts'),
          import('../../render/stages-view.ts'),
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
    .argument('<stage>', 'the stage')
    .summary('withdraw a stage')
    .description(
      'Withdraws a stage that no model holds. Its history stays, and comes back should it be added again.',
    )
    .option('-m, --message <text>', 'why, for the history')
    .action(
      act(async (session, text: string, { message }: { message?: string }) => {
        const input = { stage: parseStageName(text), ...(message === undefined ? {} : { message }) };
        const [{ removeStage }, { stagesView }] = await Promise.all([
          import('../../registry/stages.ts'),
          import('../../render/stages-view.ts'),
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
  4: 'a model holds the stage',
  ...registryCodes,
};

export function help(): CommandHelp {
  return {
    examples: [
      ['Which stages are there?', 'mlreg stage list'],
      ['One between staging and production:', 'mlreg stage add canary --after staging'],
    ],
    output: 'JSON: stages (in order), changed. --quiet prints their names.',
    exitCodes: { 0: 'done, or already so', ...codes },
    seeAlso: ['promote', 'demote', 'history'],
    commands: {
      list: {
        examples: [['Which stages are there?', 'mlreg stage list']],
        output: 'JSON: stages (in order). --quiet prints their names.',
        exitCodes: { 3: 'no such registry', ...registryCodes },
        seeAlso: ['stage', 'list'],
      },
      add: {
        examples: [['One between staging and production:', 'mlreg stage add canary --after staging']],
        output: 'JSON: stages (all, in order), changed. --quiet prints their names.',
        exitCodes: {
          0: 'done, or already so',
          3: 'no such registry, or no such stage to stand behind',
          ...registryCodes,
        },
        seeAlso: ['stage', 'promote'],
      },
      remove: {
        examples: [['A stage that nothing holds:', 'mlreg stage remove qa']],
        output: 'JSON: stages (those that are left, in order), changed. --quiet prints their names.',
        exitCodes: codes,
        seeAlso: ['stage', 'demote'],
      },
    },
  };
}
