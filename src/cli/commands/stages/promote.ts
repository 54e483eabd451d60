import type { Command } from 'commander';
import { parseExplicitReference } from '../../../core/versions/reference.ts';
import { shellWord } from '../../../core/text/quote.ts';
import type { Act } from '../../command-module.ts';
import { addGateOptions, readGates, type GateFlags } from '../../options/gate-options.ts';
import { registryCodes, type CommandHelp } from '../../help/command-help.ts';
import { failOnHookOption } from '../../options/options.ts';
import {
  addStageArgument,
  expectOption,
  readExpect,
  requiredStage,
  toStage,
  type StageFlags,
} from '../../options/stage-options.ts';

interface Options extends GateFlags, StageFlags {
  expect?: string;
  dryRun?: boolean;
  force?: boolean;
  failOnHook?: boolean;
  message?: string;
}

export function define(parent: Command, act: Act): Command {
  const command = parent
    .command('promote')
    .argument('<ref>', 'version, for example digits@1.1.0 or digits@staging (see mlreg help references)')
    .summary('point a stage at a version')
    .description(
      'Points a stage at a version, after verifying its bytes and checking the gates of the policy and --require. Promoting the current holder ' +
        'changes nothing. Gate results are recorded with the event. If a gate blocks, the exit code is 5, and the attempt is recorded, too.',
    );
  return addGateOptions(addStageArgument(command, toStage).addOption(expectOption()))
    .option('--dry-run', 'show what would happen, without changing anything')
    .option('--force', 'promote even if gates do not pass; requires -m; the overridden gates are recorded')
    .addOption(failOnHookOption())
    .option('-m, --message <text>', 'reason, recorded in the history')
    .action(
      act(
        async (
          session,
          text: string,
          argument: string | undefined,
          { expect, dryRun, force, failOnHook, message, ...flags }: Options,
        ) => {
          const ref = parseExplicitReference(text);
          const typed = `mlreg promote ${shellWord(text)}`;
          const stage = requiredStage(argument, flags, { typed, ways: toStage });
          const expected = readExpect(expect, ref.name);
          const [{ promote, promotionProblem }, { promoteView }, gates] = await Promise.all([
            import('../../../api/verbs/stages/promote.ts'),
            import('../../../render/stages/move-view.ts'),
            readGates(flags, session.cwd),
          ]);
          await session.withRegistry(async (registry) => {
            const result = await promote(registry, {
              ref,
              stage,
              ...expected,
              ...gates,
              dryRun: dryRun === true,
              force: force === true,
              ...(message === undefined ? {} : { message }),
            });
            await session.output.show('promote', promoteView, result, {
              changed: result.changed,
              warnings: result.warnings,
            });
            const problem = promotionProblem(result, { failOnHook });
            if (problem !== undefined) session.fail(problem);
          });
        },
      ),
    );
}

export function help(): CommandHelp {
  return {
    examples: [
      ['Promote a version to production:', 'mlreg promote digits@1.1.0 production'],
      [
        'Only if production has not moved:',
        'mlreg promote digits@1.1.0 --to production --expect 1.0.1 -m "better on the new data"',
      ],
      [
        'Only if it is good enough, and not worse than the current holder:',
        "mlreg promote digits@1.1.0 --to production \\\n  --require 'accuracy>=0.97, accuracy>=production-0.005' --require golden",
      ],
      [
        'Reuse a recent latency measurement:',
        "mlreg promote digits@1.0.0 --to staging --require 'p95<1s' --reuse-bench 24h",
      ],
      ['Check without changing anything:', 'mlreg promote digits@1.1.0 --to production --dry-run'],
    ],
    output: '--quiet prints the reference.',
    exitCodes: {
      0: 'promoted, or already the holder ("changed": false)',
      3: 'no such registry, version, stage or policy file',
      4: '--expect did not match, or the version is yanked',
      5: 'a gate failed or was inconclusive: nothing was promoted',
      ...registryCodes,
      6: "the version's bytes are missing or corrupt: nothing was promoted",
      10: 'with --fail-on-hook: promoted, but the onPromote program failed',
    },
    seeAlso: ['rollback', 'demote', 'policy', 'history', 'policies', 'references'],
  };
}
