import type { Command } from 'commander';
import { parseExplicitReference } from '../../../core/versions/reference.ts';
import { shellWord } from '../../../core/text/quote.ts';
import type { Act } from '../../command-module.ts';
import { registryCodes, type CommandHelp } from '../../help/command-help.ts';
import { addStageArgument, requiredStage, toStage, type StageFlags } from '../../options/stage-options.ts';

interface Options extends StageFlags {
  message?: string;
}

export function define(parent: Command, act: Act): Command {
  const command = parent
    .command('approve')
    .argument('<ref>', 'version, for example digits@1.1.0 or digits@staging (see mlreg help references)')
    .summary('approve a version for a stage')
    .description(
      'Records your approval of a version for a stage. The gate approvals>=N counts approvals, except one by the actor who registered the version. ' +
        'When a metric of the version changes, earlier approvals no longer count: approve it again. ' +
        'This is not access control: actor names are not authenticated.',
    );
  return addStageArgument(command, toStage)
    .option('-m, --message <text>', 'reason, recorded in the history')
    .action(
      act(async (session, text: string, argument: string | undefined, { message, ...flags }: Options) => {
        const ref = parseExplicitReference(text);
        const typed = `mlreg approve ${shellWord(text)}`;
        const stage = requiredStage(argument, flags, { typed, ways: toStage });
        const [{ approve }, { approveView }] = await Promise.all([
          import('../../../api/verbs/stages/approve.ts'),
          import('../../../render/stages/approve-view.ts'),
        ]);
        await session.withRegistry(async (registry) => {
          const result = await approve(registry, { ref, stage, message });
          const { changed, warnings } = result;
          await session.output.show('approve', approveView, result, { changed, warnings });
        });
      }),
    );
}

export function help(): CommandHelp {
  return {
    examples: [
      [
        'Approve a version for production, where the policy requires approvals:',
        'mlreg approve digits@1.1.0 production -m "looked at the errors"',
      ],
    ],
    output: '--quiet prints the reference.',
    exitCodes: {
      0: 'approved, or already approved',
      3: 'no such registry, version or stage',
      ...registryCodes,
    },
    seeAlso: ['promote', 'policy', 'policies'],
  };
}
