import type { Command } from 'commander';
import { parseModelName } from '../../core/versions/model-name.ts';
import { parseStageName } from '../../core/events/stage.ts';
import { parseVersion } from '../../core/versions/version.ts';
import type { Act } from '../command-module.ts';
import { registryCodes, type CommandHelp } from '../help/command-help.ts';
import { notTogether, parseCount, parseExpect } from '../options.ts';

interface Options {
  stage: string;
  toVersion?: string;
  steps?: number;
  expect?: string;
  yank?: boolean;
  message?: string;
}

export function define(parent: Command, act: Act): Command {
  return parent
    .command('rollback')
    .argument('<name>', 'model name')
    .summary('return a stage to its previous version')
    .description(
      'Returns a stage to its previous version, after verifying the bytes. Yanked versions are skipped.',
    )
    .option('--stage <stage>', 'stage name', 'production')
    .option('--steps <n>', 'number of steps to go back (default 1)', parseCount('--steps', 1, 100_000))
    .option('--to-version <version>', 'version to go back to; it must have held the stage')
    .option('--expect <version>', 'only if this version currently holds the stage')
    .option('--yank', 'also yank the version that is replaced')
    .option('-m, --message <text>', 'reason, recorded in the history')
    .action(
      act(async (session, text: string, options: Options) => {
        const { toVersion, steps, expect, yank, message } = options;
        const name = parseModelName(text);
        const stage = parseStageName(options.stage);
        if (toVersion !== undefined && steps !== undefined) {
          throw notTogether('--steps', '--to-version');
        }
        const back = toVersion === undefined ? { steps: steps ?? 1 } : { toVersion: parseVersion(toVersion) };
        const [{ rollback }, { rollbackView }] = await Promise.all([
          import('../../api/verbs/rollback.ts'),
          import('../../render/stages/move-view.ts'),
        ]);
        await session.withRegistry(async (registry) => {
          const result = await rollback(registry, {
            name,
            stage,
            back,
            ...(expect === undefined ? {} : { expect: parseExpect(expect) }),
            ...(yank === true ? { yank: message ?? `rolled back from ${stage}` } : {}),
            ...(message === undefined ? {} : { message }),
          });
          await session.output.show('rollback', rollbackView, result, {
            changed: result.changed,
            warnings: result.warnings,
          });
        });
      }),
    );
}

export function help(): CommandHelp {
  return {
    examples: [
      ['Return production to its previous version:', 'mlreg rollback digits'],
      [
        'Also prevent promoting the bad version again:',
        'mlreg rollback digits --yank -m "wrong labels in training data"',
      ],
      ['Return to a specific earlier version:', 'mlreg rollback digits --to-version 1.0.0'],
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
