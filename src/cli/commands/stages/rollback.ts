import { Option, type Command } from 'commander';
import { parseModelName, type ModelName, parseStageName } from '../../../core/versions/reference.ts';
import { MlregError } from '../../../core/errors.ts';
import { parseOwnVersion } from '../../../core/versions/expected-holder.ts';
import { tryParseVersion } from '../../../core/versions/version.ts';
import { quote, shellWord } from '../../../core/text/quote.ts';
import type { Act } from '../../command-module.ts';
import { registryCodes, type CommandHelp } from '../../help/command-help.ts';
import { notTogether, parseCount } from '../../options/options.ts';
import {
  addStageArgument,
  expectOption,
  readExpect,
  givenStage,
  ofStage,
  type StageFlags,
} from '../../options/stage-options.ts';

interface Options extends StageFlags {
  toVersion?: string;
  steps?: number;
  expect?: string;
  yank?: boolean;
  dryRun?: boolean;
  message?: string;
}

export function define(parent: Command, act: Act): Command {
  const standard = parseStageName('production');
  const command = parent
    .command('rollback')
    .argument('<name>', 'model name')
    .summary('return a stage to its previous version')
    .description(
      'Returns a stage to its previous version, after verifying the bytes. Yanked versions are skipped.',
    );
  return addStageArgument(command, ofStage, standard)
    .addOption(refusedTo())
    .option('--steps <n>', 'number of steps to go back (default 1)', parseCount('--steps', 1, 100_000))
    .option('--to-version <version>', 'version to go back to; it must have held the stage')
    .addOption(expectOption())
    .option('--yank', 'also yank the version that is replaced')
    .option('--dry-run', 'show what would happen, after verifying the bytes, without changing anything')
    .option('-m, --message <text>', 'reason, recorded in the history')
    .action(
      act(async (session, text: string, argument: string | undefined, options: Options) => {
        const { toVersion, steps, expect, yank, dryRun, message } = options;
        const name = parseModelName(text);
        refuseVersion(argument, name);
        const stage = givenStage(argument, options) ?? standard;
        if (toVersion !== undefined && steps !== undefined) {
          throw notTogether('--steps', '--to-version');
        }
        const back =
          toVersion === undefined
            ? { steps: steps ?? 1 }
            : { toVersion: parseOwnVersion(toVersion, name, '--to-version') };
        const [{ rollback }, { rollbackView }] = await Promise.all([
          import('../../../api/verbs/stages/rollback.ts'),
          import('../../../render/stages/move-view.ts'),
        ]);
        await session.withRegistry(async (registry) => {
          const result = await rollback(registry, {
            name,
            stage,
            back,
            ...readExpect(expect, name),
            ...(yank === true ? { yank: message ?? `rolled back from ${stage}` } : {}),
            ...(message === undefined ? {} : { message }),
            dryRun: dryRun === true,
          });
          await session.output.show('rollback', rollbackView, result, {
            changed: result.changed,
            warnings: result.warnings,
          });
        });
      }),
    );
}

/** A version where the stage belongs: the user means the one to go back to. */
function refuseVersion(argument: string | undefined, name: ModelName): void {
  const version = tryParseVersion(argument ?? '');
  if (version === undefined) return;
  throw new MlregError('USAGE', `expected a stage after ${name}, not the version ${version}`, {
    hint: `mlreg rollback ${name} --to-version ${version}`,
  });
}

/** `--to` of promote, which here could mean the stage as well as the version to go back to. */
function refusedTo(): Option {
  return new Option('--to <stage>').hideHelp().argParser((text: string) => {
    const isVersion = tryParseVersion(text) !== undefined || text.includes('@');
    throw new MlregError('USAGE', `rollback has no --to: ${quote(text)} could be a stage or a version`, {
      hint: `use ${isVersion ? '--to-version' : '--stage'} ${shellWord(text)}`,
    });
  });
}

export function help(): CommandHelp {
  return {
    examples: [
      ['Return production to its previous version:', 'mlreg rollback digits'],
      ['Show which version that would be:', 'mlreg rollback digits --dry-run'],
      [
        'Also prevent promoting the bad version again:',
        'mlreg rollback digits --yank -m "wrong labels in training data"',
      ],
      [
        'Return a stage to a specific earlier version:',
        'mlreg rollback digits production --to-version 1.0.0',
      ],
    ],
    output: '--quiet prints the reference.',
    exitCodes: {
      3: 'no such registry, model or stage',
      4: 'no earlier version, or --expect did not match',
      ...registryCodes,
      6: "the earlier version's bytes are missing or corrupt: nothing moved",
    },
    seeAlso: ['promote', 'yank', 'history'],
  };
}
